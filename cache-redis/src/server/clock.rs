//! The distance between a server's clock and that of this machine. The lives of values do not depend
//! on it: Redis counts them. The windows of budgets do, which each node begins by its own clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::connection::field;

/// A distance beyond which people are told: any clock that is set by NTP is nearer.
pub(super) const FAR: f64 = 5.0;

/// Returns the seconds by which the clock of a server is ahead of `now`, where it has told its own
/// time within the `round_trip` that ends now. `None` for a server that does not tell it.
pub(super) fn offset(info: &str, round_trip: Duration, now: SystemTime) -> Option<f64> {
    let micros = field(info, "server_time_usec")?.parse().ok()?;
    let theirs = Duration::from_micros(micros).as_secs_f64();
    // It was asked in the middle of the round trip, for all that is known.
    let ours = now.duration_since(UNIX_EPOCH).ok()?.as_secs_f64() - round_trip.as_secs_f64() / 2.0;
    Some(theirs - ours)
}

/// Returns the problem of a clock that is far from ours.
pub(super) fn problem(offset: Option<f64>) -> Option<String> {
    let offset = offset.filter(|offset| offset.abs() > FAR)?;
    let side = if offset > 0.0 { "ahead of" } else { "behind" };
    Some(format!(
        "its clock is {:.0} s {side} that of this machine: set both by NTP; each node begins the \
         windows of budgets by its own clock",
        offset.abs()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset_of(info: &str, millis: u64) -> Option<f64> {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        offset(info, Duration::from_millis(millis), now)
    }

    #[test]
    fn the_middle_of_the_round_trip_is_compared() {
        let near = offset_of("redis_version:7.0.15\r\nserver_time_usec:999999950000\r\n", 100);
        assert!(near.is_some_and(|offset| offset.abs() < 1e-3), "{near:?}");
        let ahead = offset_of("server_time_usec:1000060000000", 0);
        assert!(ahead.is_some_and(|offset| (offset - 60.0).abs() < 1e-3), "{ahead:?}");
        assert_eq!(offset_of("redis_version:5.0.1", 0), None);
        assert_eq!(offset_of("server_time_usec:soon", 0), None);
    }

    #[test]
    fn a_clock_far_from_ours_is_a_problem_on_either_side() {
        assert_eq!([None, Some(0.2), Some(-5.0)].map(problem), [None, None, None]);
        let told = [problem(Some(3600.4)), problem(Some(-5.2))].map(Option::unwrap_or_default);
        assert!(told[0].contains("is 3600 s ahead of that of this machine: set both by NTP"));
        assert!(told[1].contains("is 5 s behind that of this machine"), "{told:?}");
    }
}
