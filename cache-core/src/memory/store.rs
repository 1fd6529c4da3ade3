//! The memory of one cache as the cache uses it.

use std::sync::Arc;

use super::{
    popularity,
    thread_cache::{Lookup, ThreadCache},
    tiers::{Shape, Tiers},
};
use crate::{
    clock::Clock,
    entry::{Entry, deferred},
    flight::Flights,
    key::{Key, StoredKey},
    observe::Counters,
};

/// The memory of one cache: this thread's cache, and behind it the tier.
pub(crate) struct Memory {
    threads: ThreadCache,
    tiers: Tiers,
}

impl Memory {
    pub(crate) fn open(shape: Shape, counters: &Arc<Counters>, clock: &Clock) -> Self {
        Self::new(Tiers::open(super::tier::open, shape, counters, clock))
    }

    pub(super) fn new(tiers: Tiers) -> Self {
        Self { threads: ThreadCache::new(), tiers }
    }

    /// Returns the entry of `key`, whatever its age.
    #[inline]
    pub(crate) fn get(&self, key: &Key) -> Option<Entry> {
        let lookup = self.lookup(key);
        let report = |entry: &Entry| popularity::report(self.tiers.weak(), entry);
        if let Some(entry) = lookup.entry(key, report) {
            return Some(entry);
        }
        let entry = deferred(|| self.tiers.get(key))?;
        lookup.offer(&entry);
        Some(entry)
    }

    /// Begins a lookup of `key`: [`is_unchanged_since`](Self::is_unchanged_since) tells later
    /// whether the key was stored or removed meanwhile.
    #[inline]
    pub(crate) fn lookup(&self, key: &Key) -> Lookup {
        self.threads.lookup(key)
    }

    /// Tells whether nothing was stored or removed for the key of `lookup` since it began.
    pub(crate) fn is_unchanged_since(&self, lookup: &Lookup) -> bool {
        self.threads.is_current(lookup)
    }

    /// Stores `entry`. To be called under the lock of its key.
    pub(crate) fn insert(&self, entry: Entry) {
        let hash = entry.key().hash64();
        self.tiers.insert(entry);
        self.threads.changed(hash);
    }

    /// Removes `key`. To be called under its lock.
    pub(crate) fn remove(&self, key: &StoredKey) {
        self.tiers.remove(key);
        self.threads.changed(key.hash64());
    }

    /// Gives the memory of all entries back; the caller has made them invalid.
    pub(crate) fn clear(&self) {
        deferred(|| self.tiers.clear());
    }

    /// Returns the number of entries.
    pub(crate) fn entries(&self) -> u64 {
        deferred(|| self.tiers.entries())
    }

    /// Brings memory to another shape. Entries that fit stay. Takes a while for many entries; to be
    /// called by one thread at a time.
    pub(crate) fn resize<T: Clone>(&self, shape: Shape, flights: &Flights<T>) {
        deferred(|| self.tiers.resize(shape, flights));
    }

    #[cfg(test)]
    pub(super) fn tiers(&self) -> &Tiers {
        &self.tiers
    }
}
