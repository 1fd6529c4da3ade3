//! The flights of one cache, by key.

use std::collections::HashMap;

use super::{progress::Progress, waiters::Flight};
use crate::{
    clock::{Clock, Moment},
    key::{KeyHasher, StoredKey},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The flights of some of the keys.
pub(super) type Shard<S> = HashMap<StoredKey, Arc<Flight<S>>, KeyHasher>;

/// All flights of one cache, in shards with a lock each.
pub(super) struct Table<S> {
    shards: Box<[Mutex<Shard<S>>]>,
    /// The most callers of one flight who load for themselves at once, beside its leader.
    pub(super) max_own_loads: usize,
    /// The clock that loads are watched by.
    clock: Clock,
}

impl<S> Table<S> {
    pub(super) fn new(shards: usize, max_own_loads: usize, clock: Clock) -> Self {
        Self { shards: (0..shards).map(|_| Mutex::default()).collect(), max_own_loads, clock }
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Begins the progress of a load.
    pub(super) fn begin_load(&self) -> Arc<Progress> {
        Progress::begin(&self.clock)
    }

    /// Locks the shard of `key`: nothing else can store or remove `key` meanwhile.
    pub(super) fn lock(&self, key: &StoredKey) -> MutexGuard<'_, Shard<S>> {
        // The upper bits: the map inside uses the lower ones.
        let index = (key.hash64() >> 32) as usize % self.shards.len();
        lock(&self.shards[index])
    }

    /// Locks one shard after the other.
    pub(super) fn lock_each(&self) -> impl Iterator<Item = MutexGuard<'_, Shard<S>>> {
        self.shards.iter().map(lock)
    }
}

fn lock<S>(shard: &Mutex<Shard<S>>) -> MutexGuard<'_, Shard<S>> {
    // As for the waiters of a flight: a poisoned lock is sound.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
