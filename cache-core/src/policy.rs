//! How a cache behaves, after all layers of configuration, and the built-in defaults.

use std::time::Duration;

use serde::Serialize;

/// The effective policy of one call site.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Policy {
    /// Whether calls are cached at all.
    pub enabled: bool,
    /// How long a value stays fresh; `None`: for ever.
    pub ttl: Option<Duration>,
    /// The most entries held in memory, for each call site.
    pub capacity: u64,
    /// The share of the ttl, 0 to 1, by which each entry's life is randomly shortened, so that entries filled together do
    /// not end together. A value is never served beyond its ttl.
    pub jitter: f64,
}

/// Entries a call site holds unless told otherwise.
pub(crate) const CAPACITY: u64 = 10_000;
/// The default jitter.
pub(crate) const JITTER: f64 = 0.05;
/// How long a follower waits for another's load, at least.
pub(crate) const FLIGHT_WAIT: Duration = Duration::from_secs(5);
/// … and at least this many times the mean load time, so that a slow function is not run twice for being slow.
pub(crate) const FLIGHT_WAIT_LOADS: u32 = 10;

impl Policy {
    /// The life of one entry: the ttl, shortened by a random part of the jitter.
    pub(crate) fn jittered_ttl(&self) -> Option<Duration> {
        self.ttl.map(|ttl| ttl.mul_f64(1.0 - self.jitter * fastrand::f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_spreads_expiry_below_the_ttl() {
        let ttl = Duration::from_secs(1000);
        let policy = Policy { enabled: true, ttl: Some(ttl), capacity: 1, jitter: JITTER };
        let lives: Vec<_> = (0..1000).map(|_| policy.jittered_ttl().expect("not for ever")).collect();
        assert!(lives.iter().all(|life| (Duration::from_secs(950)..=ttl).contains(life)));
        let early = lives.iter().filter(|life| **life < Duration::from_secs(975)).count();
        assert!((400..600).contains(&early), "{early} of 1000 in the first half");
    }

    #[test]
    fn no_jitter_is_exact_and_forever_stays() {
        let mut policy =
            Policy { enabled: true, ttl: Some(Duration::from_secs(7)), capacity: 1, jitter: 0.0 };
        assert_eq!(policy.jittered_ttl(), policy.ttl);
        policy.ttl = None;
        assert_eq!(policy.jittered_ttl(), None);
    }
}
