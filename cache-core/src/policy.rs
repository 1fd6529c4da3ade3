//! How a cache behaves, after all layers of configuration, and the built-in defaults.

use std::time::Duration;

use cachery_syntax::Backend;
use serde::Serialize;

use crate::codec::Codec;

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
    /// Where entries are kept.
    pub backend: Backend,
    /// How values are written for the remote tier.
    pub codec: Codec,
    /// Whether a load of one process is waited for by others, so that a key is loaded once in all. Without it each process
    /// loads for itself.
    pub lease: bool,
    /// The most bytes of an encoded value that the remote tier is sent. A larger one is kept in memory at most: one such value
    /// would hold up all calls that share its connection, and use up the time that they have for it.
    pub max_value_size: u64,
}

/// Entries a call site holds unless told otherwise.
pub(crate) const CAPACITY: u64 = 10_000;
/// The default jitter.
pub(crate) const JITTER: f64 = 0.05;
/// The most bytes of an encoded value for the remote tier: what a local network carries within a call's budget, about.
pub(crate) const MAX_VALUE_SIZE: u64 = 8 << 20;
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

    fn policy(ttl: Duration, jitter: f64) -> Policy {
        Policy {
            enabled: true,
            ttl: Some(ttl),
            capacity: 1,
            jitter,
            backend: Backend::Tiered,
            codec: Codec::MessagePack,
            lease: true,
            max_value_size: MAX_VALUE_SIZE,
        }
    }

    #[test]
    fn jitter_spreads_expiry_below_the_ttl() {
        let ttl = Duration::from_secs(1000);
        let policy = policy(ttl, JITTER);
        let lives: Vec<_> = (0..1000).map(|_| policy.jittered_ttl().expect("not for ever")).collect();
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
    fn a_policy_is_serialised_in_the_words_of_its_settings() {
        let shown = serde_json::to_value(policy(Duration::from_secs(7), 0.0)).expect("it is plain data");
        assert_eq!(shown["backend"], "tiered");
        assert_eq!(shown["codec"], "messagepack");
        assert_eq!(shown["lease"], true);
        assert_eq!(shown["max_value_size"], 8_388_608);
    }
}
