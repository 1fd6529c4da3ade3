//! The bound of the bytes of all caches of a registry together.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use parking_lot::Mutex;

use super::{
    held_bytes::{HeldBytes, read},
    tier::{Left, MemoryTier},
};
use crate::entry::Entry;

/// The bound where none is set. No entry takes as many bytes.
pub(super) const NO_BOUND: u64 = u64::MAX - 1;

/// The bytes of all caches of a registry together, and their bound.
pub(crate) struct Together {
    most: AtomicU64,
    held: Arc<AtomicU64>,
    members: Mutex<Vec<Member>>,
    /// Held while an entry is stored under a bound: nothing else adds bytes meanwhile.
    storing: Mutex<()>,
}

/// The memory of one cache.
struct Member {
    tier: Weak<dyn MemoryTier>,
    held: HeldBytes,
}

impl Together {
    /// Creates the bound of a registry without caches.
    pub(crate) fn new(most: Option<u64>) -> Self {
        Self {
            most: AtomicU64::new(most.unwrap_or(NO_BOUND)),
            held: Arc::default(),
            members: Mutex::default(),
            storing: Mutex::default(),
        }
    }

    /// Creates the count of a further tier.
    pub(super) fn count(&self) -> HeldBytes {
        HeldBytes::counted_in(Arc::clone(&self.held))
    }

    /// Adds a tier, which gives way when it holds most.
    pub(super) fn join(&self, tier: &Arc<dyn MemoryTier>, held: HeldBytes) {
        let mut members = self.members.lock();
        members.retain(|member| member.tier.strong_count() > 0);
        members.push(Member { tier: Arc::downgrade(tier), held });
    }

    /// Returns the most bytes of all caches.
    pub(super) fn most(&self) -> u64 {
        self.most.load(SeqCst)
    }

    /// Sets another bound, and lets entries leave until it holds.
    pub(crate) fn set_most(&self, most: Option<u64>) {
        self.most.store(most.unwrap_or(NO_BOUND), SeqCst);
        let mut left = Left::default();
        let turn = self.storing.lock();
        self.make_room(0, &mut left);
        drop(turn);
    }

    /// Runs `store`, which adds an entry of so many `bytes`, with enough room for it. Without
    /// room, it returns the entry instead. Returns the entries that left.
    pub(super) fn store(&self, entry: Entry, store: impl FnOnce(Entry) -> Left) -> Left {
        if self.most() == NO_BOUND {
            return store(entry);
        }
        let mut left = Left::default();
        let _turn = self.storing.lock();
        if self.make_room(entry.bytes(), &mut left) {
            left.extend(store(entry));
        } else {
            left.add(entry);
        }
        left
    }

    /// Lets entries of the cache that holds most leave until there is room for `bytes` more.
    /// Returns false if that cannot be.
    fn make_room(&self, bytes: u64, left: &mut Left) -> bool {
        loop {
            let excess = read(&self.held).saturating_add(bytes).saturating_sub(self.most());
            if excess == 0 {
                return true;
            }
            let Some(tier) = self.largest() else { return false };
            let evicted = tier.evict(excess);
            if evicted.is_empty() {
                return false;
            }
            left.extend(evicted);
        }
    }

    /// Returns the tier that holds most, if one holds anything.
    fn largest(&self) -> Option<Arc<dyn MemoryTier>> {
        let members = self.members.lock();
        let holding = members.iter().filter(|member| member.held.get() > 0);
        holding.max_by_key(|member| member.held.get())?.tier.upgrade()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, thread};

    use super::*;
    use crate::{
        clock::Moment,
        entry::{Entry, Facts},
        key::{Key, StoredKey},
        memory::{Bounds, fake},
        timeline::Timeline,
    };

    /// A tier that evicts what came first.
    struct Fifo {
        entries: Mutex<VecDeque<Entry>>,
        held: HeldBytes,
    }

    impl MemoryTier for Fifo {
        fn get(&self, _: &Key) -> Option<Entry> {
            None
        }

        fn look(&self, _: &Key) -> Option<Entry> {
            None
        }

        fn insert(&self, entry: Entry) -> Left {
            // Others have the time to do wrong what they do without a turn.
            thread::yield_now();
            self.held.add(&entry);
            self.entries.lock().push_back(entry);
            Left::default()
        }

        fn remove(&self, _: &StoredKey) -> Left {
            let removed = self.entries.lock().pop_back();
            removed.into_iter().inspect(|entry| self.held.subtract(entry)).collect()
        }

        fn clear(&self) {}

        fn evict(&self, _: u64) -> Left {
            let evicted = self.entries.lock().pop_front();
            evicted.into_iter().inspect(|entry| self.held.subtract(entry)).collect()
        }

        fn resize(&self, _: Bounds) {}

        fn tidy(&self, _: &dyn Fn(&Entry) -> bool) {}

        fn entries(&self) -> u64 {
            self.entries.lock().len() as u64
        }
    }

    fn tier(together: &Together) -> Arc<dyn MemoryTier> {
        let held = together.count();
        let tier = Arc::new(Fifo { entries: Mutex::default(), held: held.clone() });
        let tier: Arc<dyn MemoryTier> = tier;
        together.join(&tier, held);
        tier
    }

    fn entry(bytes: usize) -> Entry {
        let facts = Facts::new(Timeline::fresh(Moment::NEVER, None));
        Entry::new(StoredKey::from(&fake::key(1)), (), facts).weighed(|_| bytes)
    }

    #[test]
    fn threads_that_store_at_once_keep_the_bound_of_all() {
        const MOST: u64 = 50_000;
        let together = Together::new(Some(MOST));
        let tiers = [(); 3].map(|()| tier(&together));
        thread::scope(|scope| {
            let store = |thread: usize| {
                let tiers = &tiers;
                let together = &together;
                move || {
                    for round in 0..3_000 {
                        let tier = &tiers[(round * 7 + thread) % 3];
                        let store = |entry| {
                            let left = tier.insert(entry);
                            let bytes = read(&together.held);
                            assert!(bytes <= MOST, "{bytes} bytes");
                            left
                        };
                        drop(together.store(entry(round * 37 % 9_000), store));
                        if round % 5 == 0 {
                            drop(tier.remove(&StoredKey::from(&fake::key(1))));
                        }
                    }
                }
            };
            for thread in 0..4 {
                scope.spawn(store(thread));
            }
        });
        let bytes = read(&together.held);
        assert!((MOST / 2..=MOST).contains(&bytes), "{bytes} bytes");
        together.set_most(Some(1_000));
        assert!(read(&together.held) <= 1_000);
    }

    #[test]
    fn the_cache_that_holds_most_gives_way() {
        let together = Together::new(Some(10_000));
        let [small, large] = [(); 2].map(|()| tier(&together));
        let store = |tier: &Arc<dyn MemoryTier>| {
            drop(together.store(entry(700), |entry| tier.insert(entry)));
        };
        store(&small);
        (0..20).for_each(|_| store(&large));
        assert_eq!(small.entries(), 1);
        (0..20).for_each(|_| store(&small));
        assert!(small.entries().abs_diff(large.entries()) <= 2, "they hold about the same");
    }
}
