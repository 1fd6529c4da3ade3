//! The policy of a cache at work: the life of its entries, and the waits of its callers.

use std::time::Duration;

use cachery_syntax::Refresh;

pub(crate) use crate::config::Policy;
use crate::timeline::Lifetimes;

/// The time for which others wait for a load that could run and is not polled.
pub(crate) const FLIGHT_WAIT: Duration = Duration::from_secs(5);
/// The time for which others wait for a load in any case …
pub(crate) const FLIGHT_WAIT_MAX: Duration = Duration::from_secs(120);
/// … or this many times the mean load time, where that is more.
pub(crate) const FLIGHT_WAIT_MAX_LOADS: u32 = 10;
/// The most callers of one flight who load for themselves at once, beside its leader.
pub(crate) const MAX_OWN_LOADS: usize = 8;
/// The part of the ttl in which a value is refreshed, with `refresh = "auto"` …
const REFRESH_PART: u32 = 5;
/// … or so many times the mean load time, where that is less.
const REFRESH_LOADS: u32 = 20;

impl Policy {
    /// Returns the lifetimes of one entry. The jitter shortens all of them.
    pub(crate) fn lifetimes(&self) -> Lifetimes {
        Lifetimes::of(self.jittered_ttl(), self.stale, self.stale_if_error)
    }

    /// Returns the time before the end of its ttl from which a value is refreshed that is fresh for
    /// `ttl` in all. `load_time` is the mean time of a load.
    pub(crate) fn refresh_window(&self, ttl: Duration, load_time: Duration) -> Option<Duration> {
        match self.refresh {
            Refresh::Auto => {
                Some((ttl / REFRESH_PART).min(load_time.saturating_mul(REFRESH_LOADS)))
            }
            Refresh::After(percent) => {
                Some(ttl.mul_f64(f64::from(100_u8.saturating_sub(percent)) / 100.0))
            }
            _ => None,
        }
    }

    /// Returns the life of one entry: the ttl, shortened by a random part of the jitter.
    pub(crate) fn jittered_ttl(&self) -> Option<Duration> {
        self.ttl.map(|ttl| self.jittered(ttl))
    }

    /// Returns `time`, shortened by a random part of the jitter.
    pub(crate) fn jittered(&self, time: Duration) -> Duration {
        time.mul_f64(1.0 - self.jitter * fastrand::f64())
    }
}

#[cfg(test)]
mod tests {
    use cachery_syntax::Backend;

    use super::*;
    use crate::config::CacheSettings;

    fn policy(ttl: Duration, jitter: f64) -> Policy {
        let settings = CacheSettings::new().ttl(ttl).jitter(jitter).backend(Backend::Tiered);
        Policy::from(settings)
    }

    #[test]
    fn jitter_spreads_expiry_below_the_ttl() {
        let ttl = Duration::from_secs(1000);
        let policy = policy(ttl, 0.05);
        let lives: Vec<_> =
            (0..1000).map(|_| policy.jittered_ttl().expect("not for ever")).collect();
        assert!(lives.iter().all(|life| (Duration::from_secs(950)..=ttl).contains(life)));
        let early = lives.iter().filter(|life| **life < Duration::from_secs(975)).count();
        assert!((400..600).contains(&early), "{early} of 1000 in the first half");
    }

    #[test]
    fn no_jitter_is_exact_and_forever_stays() {
        let mut policy = policy(Duration::from_secs(7), 0.0);
        assert_eq!(policy.jittered_ttl(), policy.ttl);
        policy.ttl = None;
        assert_eq!(policy.jittered_ttl(), None);
    }

    #[test]
    fn the_window_of_a_refresh_is_a_share_of_the_ttl_or_some_load_times() {
        let ttl = Duration::from_secs(100);
        let mut policy = policy(ttl, 0.0);
        let window = |policy: &Policy, millis| {
            let window = policy.refresh_window(ttl, Duration::from_millis(millis));
            window.map(|window| window.as_millis())
        };
        assert_eq!(window(&policy, 100), None);
        policy.refresh = Refresh::Auto;
        assert_eq!((window(&policy, 100), window(&policy, 5_000)), (Some(2_000), Some(20_000)));
        policy.refresh = Refresh::After(80);
        assert_eq!(window(&policy, 100), Some(20_000));
    }

    #[test]
    fn a_policy_is_serialised_in_the_words_of_its_settings() {
        let shown =
            serde_json::to_value(policy(Duration::from_secs(7), 0.0)).expect("it is plain data");
        assert_eq!(shown["ttl"], 7.0);
        assert_eq!(shown["backend"], "tiered");
        assert_eq!(shown["codec"], "binary");
        assert_eq!(shown["lease"], true);
        assert_eq!(shown["max_value_size"], 8_388_608);
    }
}
