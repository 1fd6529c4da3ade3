//! Knowledge of values that are large or slow, so that they cost no other callers.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use cachery_core::{
    Fingerprint,
    remote::{Digest, RemoteKey},
};
use parking_lot::{Mutex, RwLock};

use crate::server::Lane;

/// A value of more bytes has a connection of its own kind: it takes longer than the replies behind
/// it should wait, 6 ms at 10 MB a second.
pub(super) const LARGE: usize = 64 * 1024;
/// A value that did not come in time is not asked for again for so long.
const REST: Duration = Duration::from_secs(30);
/// The most keys that are remembered as slow.
const MOST_SLOW: usize = 1_000;

/// The caches that have large values, and the keys of slow ones.
#[derive(Default)]
pub(super) struct Sizes {
    /// False while there are none; then no lock is taken.
    has_large: AtomicBool,
    large: RwLock<HashSet<Fingerprint>>,
    slow: Mutex<HashMap<Digest, Instant>>,
}

impl Sizes {
    /// Notes the size of a value, and returns the lane for it.
    pub(super) fn saw(&self, key: &RemoteKey, bytes: usize) -> Lane {
        if bytes <= LARGE {
            return Lane::Main;
        }
        self.large.write().insert(key.place.fingerprint);
        self.has_large.store(true, Ordering::Release);
        Lane::Large
    }

    /// Returns true when a large value was seen in the cache of `key`.
    pub(super) fn may_be_large(&self, key: &RemoteKey) -> bool {
        self.has_large.load(Ordering::Acquire) && self.large.read().contains(&key.place.fingerprint)
    }

    /// Notes that a value did not come in time.
    pub(super) fn was_slow(&self, key: &RemoteKey, now: Instant) {
        let mut slow = self.slow.lock();
        slow.retain(|_, until| *until > now);
        if slow.len() < MOST_SLOW {
            slow.insert(key.digest, now + REST);
        }
    }

    /// Counts the values that did not come in time lately.
    pub(super) fn slow(&self) -> usize {
        self.slow.lock().len()
    }

    /// Returns true when the value of `key` did not come in time lately.
    pub(super) fn is_slow(&self, key: &RemoteKey, now: Instant) -> bool {
        self.slow.lock().get(&key.digest).is_some_and(|until| *until > now)
    }
}
