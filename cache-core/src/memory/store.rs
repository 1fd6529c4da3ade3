//! The memory of one cache as the cache uses it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{
    changes::{Changes, Lookup},
    held_bytes::HeldBytes,
    tier::{self, Bounds, DropCause, Left, MemoryOptions, MemoryTier},
    together::{NO_BOUND, Together},
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
    tier: Arc<dyn MemoryTier>,
    changes: Changes,
    held: HeldBytes,
    /// The most bytes of the cache.
    max_bytes: AtomicU64,
    together: Arc<Together>,
}

impl Memory {
    /// Opens the memory of a cache. `is_shared` tells whether its values are looked up in another
    /// tier, too.
    pub(crate) fn open(
        policy: &Policy,
        is_shared: bool,
        counters: &Arc<Counters>,
        clock: &Clock,
        together: &Arc<Together>,
    ) -> Self {
        let counters = Arc::clone(counters);
        let observer_clock = clock.clone();
        let on_drop = move |entry: &Entry, cause| {
            count_drop(&counters, &observer_clock, entry, cause);
        };
        let mut options = MemoryOptions::new(bounds(policy), Arc::new(on_drop));
        options.eviction = policy.eviction;
        options.held = together.count();
        let held = options.held.clone();
        let tier = Arc::from(tier::open(policy.engine, options));
        together.join(&tier, held.clone());
        let memory = Self::on(tier, is_shared, held, Arc::clone(together));
        memory.max_bytes.store(policy.max_bytes.unwrap_or(NO_BOUND), Relaxed);
        memory
    }

    /// Creates a memory on a tier that is open.
    pub(super) fn on(
        tier: Arc<dyn MemoryTier>,
        is_shared: bool,
        held: HeldBytes,
        together: Arc<Together>,
    ) -> Self {
        let changes = if is_shared { Changes::counted() } else { Changes::uncounted() };
        Self { tier, changes, held, max_bytes: AtomicU64::new(NO_BOUND), together }
    }

    /// Returns the entry of `key`, whatever its age.
    #[inline]
    pub(crate) fn get(&self, key: &Key) -> Option<Entry> {
        self.tier.get(key)
    }

    /// Returns the entry of `key`, whatever its age, and leaves the order of eviction as it is.
    pub(crate) fn look(&self, key: &Key) -> Option<Entry> {
        self.tier.look(key)
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

    /// Tells whether a bound of bytes leaves room for the entry at all.
    pub(crate) fn has_room_for(&self, entry: &Entry) -> bool {
        entry.bytes() <= self.max_bytes.load(Relaxed).min(self.together.most())
    }

    /// Stores `entry`. To be called under the lock of its key. One that is too large is not stored,
    /// and what was stored for its key leaves.
    pub(crate) fn insert(&self, entry: Entry) -> Left {
        self.changes.changed(entry.key());
        if self.has_room_for(&entry) {
            return self.together.store(&*self.tier, entry);
        }
        let mut left = self.tier.remove(entry.key());
        left.add(entry);
        left
    }

    /// Removes `key`. To be called under its lock.
    pub(crate) fn remove(&self, key: &StoredKey) -> Left {
        self.changes.changed(key);
        self.tier.remove(key)
    }

    /// Lets the entry of `key` expire. To be called under its lock. Returns the entry, to be dropped
    /// without the lock: it may have left meanwhile.
    pub(crate) fn expire(&self, key: &Key) -> Left {
        self.changes.changed(&StoredKey::from(key));
        let entry = self.tier.get(key);
        entry.iter().for_each(Entry::expire);
        entry.into_iter().collect()
    }

    /// Removes `entry`, if it is still the one of `key`. To be called under its lock. Returns what
    /// is to be dropped without the lock.
    pub(crate) fn remove_if_held(&self, key: &Key, entry: &Entry) -> Left {
        let held = self.tier.look(key);
        let is_held = held.as_ref().is_some_and(|held| held.is(entry));
        let mut left = if is_held { self.remove(entry.key()) } else { Left::default() };
        left.extend(held);
        left
    }

    /// Removes all entries; the caller has made them invalid.
    pub(crate) fn clear(&self) {
        self.tier.clear();
    }

    /// Returns the number of entries.
    pub(crate) fn entries(&self) -> u64 {
        self.tier.entries()
    }

    /// Returns the bytes of the entries.
    pub(crate) fn bytes(&self) -> u64 {
        self.held.get()
    }

    /// Brings memory to the bounds of `policy`. Entries that fit stay. Takes a while for many
    /// entries; to be called by one thread at a time.
    pub(crate) fn resize(&self, policy: &Policy) {
        self.max_bytes.store(policy.max_bytes.unwrap_or(NO_BOUND), Relaxed);
        self.tier.resize(bounds(policy));
    }

    /// Gives memory back, also that of entries that are past all use.
    pub(crate) fn tidy(&self, is_over: &dyn Fn(&Entry) -> bool) {
        self.tier.tidy(is_over);
    }
}

/// No other cache's call makes room in a memory that ends.
impl Drop for Memory {
    fn drop(&mut self) {
        self.together.leave(&self.tier);
    }
}

fn bounds(policy: &Policy) -> Bounds {
    Bounds::new(policy.capacity).max_bytes(policy.max_bytes)
}

/// Counts an entry that left by itself. One that left after its end had expired, whatever it made
/// room for: only nobody had asked for it.
fn count_drop(counters: &Counters, clock: &Clock, entry: &Entry, cause: DropCause) {
    let count = match cause {
        _ if entry.age(clock.now()) == Age::Gone => &counters.expired,
        DropCause::Size => &counters.evicted_for_size,
        DropCause::Bytes => &counters.evicted_for_bytes,
        DropCause::Expired | DropCause::Replaced => return,
    };
    count.add(1);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{entry::Facts, memory::fake::key, timeline::Timeline};

    #[test]
    fn what_leaves_after_its_end_has_expired_whatever_it_makes_room_for() {
        let (counters, clock) = (Counters::default(), Clock::isolated());
        clock.stop();
        let minute = Duration::from_secs(60);
        let facts = Facts::new(Timeline::fresh(clock.now(), Some(minute)));
        let entry = Entry::new((&key(1)).into(), 1_u64, facts);
        let causes = [DropCause::Size, DropCause::Bytes, DropCause::Replaced, DropCause::Expired];
        let leave = || {
            for cause in causes {
                count_drop(&counters, &clock, &entry, cause);
            }
            let evictions = counters.snapshot(0).evictions;
            (evictions.size, evictions.bytes, evictions.expired)
        };
        assert_eq!(leave(), (1, 1, 0));
        clock.advance(minute);
        assert_eq!(leave(), (1, 1, 4));
    }
}
