//! The distance between a server's clock and that of this machine. The lives of values do not depend
//! on it: Redis counts them. The windows of budgets do, which each node begins by its own clock. And
//! a request that is to be served in time, or not at all, says by the server's clock until when.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redis::Value;

use crate::connection::field;

/// A distance beyond which people are told: any clock that is set by NTP is nearer.
pub(super) const FAR: f64 = 5.0;

/// An older reading says nothing: heartbeats take one a second.
const OLD: Duration = Duration::from_secs(5);
/// A clock that is being set may run slower by one part of so many.
const SLOWER: u32 = 1_000;

/// A reading of a server's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    micros: u64,
    /// The moment at which the reply came: the server has told its time before.
    at: Instant,
}

impl Reading {
    /// Takes the reply to `TIME`, which has come `at` that moment. `None` for a server that does not
    /// tell its time.
    pub(super) fn of(reply: &Value, at: Instant) -> Option<Self> {
        let Value::Array(parts) = reply else { return None };
        let [seconds, micros] = &parts[..] else { return None };
        let number = |part: &Value| match part {
            Value::BulkString(digits) => str::from_utf8(digits).ok()?.parse::<u64>().ok(),
            Value::Int(number) => u64::try_from(*number).ok(),
            _ => None,
        };
        Some(Self { micros: number(seconds)? * 1_000_000 + number(micros)?, at })
    }

    /// Tells whether it was taken a short while before `now`.
    pub(super) fn is_recent(self, now: Instant) -> bool {
        now.duration_since(self.at) <= OLD
    }

    /// Returns a time of the server's clock, in microseconds, that has come when `moment` has.
    pub(crate) fn by(self, moment: Instant) -> u64 {
        let since = moment.duration_since(self.at);
        let since = since.saturating_sub(since / SLOWER).as_micros();
        self.micros.saturating_add(u64::try_from(since).unwrap_or(u64::MAX))
    }
}

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
    fn a_reading_never_runs_ahead_of_the_server() {
        let at = Instant::now();
        let text = |text: &str| Value::BulkString(text.into());
        let reading = Reading::of(&Value::Array(vec![text("7"), text("5")]), at).unwrap();
        assert_eq!(reading.by(at), 7_000_005);
        assert_eq!(reading.by(at + Duration::from_secs(1)), 7_999_005);
        assert!(reading.is_recent(at + OLD));
        assert!(!reading.is_recent(at + OLD + Duration::from_millis(1)));
        for reply in [Value::Nil, text("7"), Value::Array(vec![text("7"), text("soon")])] {
            assert!(Reading::of(&reply, at).is_none());
        }
    }

    #[test]
    fn a_clock_far_from_ours_is_a_problem_on_either_side() {
        assert_eq!([None, Some(0.2), Some(-5.0)].map(problem), [None, None, None]);
        let told = [problem(Some(3600.4)), problem(Some(-5.2))].map(Option::unwrap_or_default);
        assert!(told[0].contains("is 3600 s ahead of that of this machine: set both by NTP"));
        assert!(told[1].contains("is 5 s behind that of this machine"), "{told:?}");
    }
}
