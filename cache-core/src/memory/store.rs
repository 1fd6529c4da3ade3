//! The memory of one cache as the cache uses it.

use std::sync::Arc;

use super::{
    changes::{Changes, Lookup},
    tier::{self, Bounds, DropCause, Left, MemoryOptions, MemoryTier},
};
use crate::{
    clock::Clock,
    entry::Entry,
    key::{Key, StoredKey},
    observe::Counters,
    policy::Policy,
    timeline::Age,
};

/// The memory of one cache.
pub(crate) struct Memory {
    tier: Box<dyn MemoryTier>,
    changes: Changes,
}

impl Memory {
    /// Opens the memory of a cache. `is_shared` tells whether its values are looked up in another
    /// tier, too.
    pub(crate) fn open(
        policy: &Policy,
        is_shared: bool,
        counters: &Arc<Counters>,
        clock: &Clock,
    ) -> Self {
        let counters = Arc::clone(counters);
        let observer_clock = clock.clone();
        let on_drop = move |entry: &Entry, cause| {
            count_drop(&counters, &observer_clock, entry, cause);
        };
        let bounds = Bounds::new(policy.capacity);
        let mut options = MemoryOptions::new(bounds, Arc::new(on_drop));
        options.eviction = policy.eviction;
        Self::on(tier::open(policy.engine, options), is_shared)
    }

    /// Creates a memory on a tier that is open.
    pub(super) fn on(tier: Box<dyn MemoryTier>, is_shared: bool) -> Self {
        let changes = if is_shared { Changes::counted() } else { Changes::uncounted() };
        Self { tier, changes }
    }

    /// Returns the entry of `key`, whatever its age.
    #[inline]
    pub(crate) fn get(&self, key: &Key) -> Option<Entry> {
        self.tier.get(key)
    }

    /// Begins a lookup of `key` elsewhere: [`is_unchanged_since`](Self::is_unchanged_since) tells
    /// later whether the key was stored or removed meanwhile.
    pub(crate) fn lookup(&self, key: &Key) -> Lookup {
        self.changes.lookup(key)
    }

    /// Tells whether nothing was stored or removed for the key of `lookup` since it began. To be
    /// called under the lock of the key.
    pub(crate) fn is_unchanged_since(&self, lookup: &Lookup) -> bool {
        self.changes.is_unchanged_since(lookup)
    }

    /// Stores `entry`. To be called under the lock of its key.
    pub(crate) fn insert(&self, entry: Entry) -> Left {
        self.changes.changed(entry.key());
        self.tier.insert(entry)
    }

    /// Removes `key`. To be called under its lock.
    pub(crate) fn remove(&self, key: &StoredKey) -> Left {
        self.changes.changed(key);
        self.tier.remove(key)
    }

    /// Removes all entries; the caller has made them invalid.
    pub(crate) fn clear(&self) {
        self.tier.clear();
    }

    /// Returns the number of entries.
    pub(crate) fn entries(&self) -> u64 {
        self.tier.entries()
    }

    /// Brings memory to the bounds of `policy`. Entries that fit stay. Takes a while for many
    /// entries; to be called by one thread at a time.
    pub(crate) fn resize(&self, policy: &Policy) {
        self.tier.resize(Bounds::new(policy.capacity));
    }

    /// Gives memory back, also that of entries that are past all use.
    pub(crate) fn tidy(&self, is_over: &dyn Fn(&Entry) -> bool) {
        self.tier.tidy(is_over);
    }
}

/// Counts an entry that left by itself. One that was replaced after its end had expired: only
/// nobody had asked for it.
fn count_drop(counters: &Counters, clock: &Clock, entry: &Entry, cause: DropCause) {
    match cause {
        DropCause::Size => counters.evicted_for_size.add(1),
        DropCause::Expired | DropCause::Replaced => {
            counters.expired.add(u64::from(entry.age(clock.now()) == Age::Gone));
        }
    }
}
