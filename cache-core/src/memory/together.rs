//! The bound of the bytes of all caches of a registry together.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use parking_lot::{Mutex, RwLock};

use super::{
    held_bytes::{HeldBytes, read},
    tier::{Left, MemoryTier},
};
use crate::entry::Entry;

/// The bound where none is set: no address space has as many bytes, so an entry that claims more
/// has a wrong weight. Sums of such weights could pass the largest number.
pub(super) const NO_BOUND: u64 = 1 << 47;

/// The bytes of all caches of a registry together, and their bound.
pub(crate) struct Together {
    most: AtomicU64,
    held: Arc<AtomicU64>,
    members: Mutex<Vec<Member>>,
    /// Held while an entry is stored, alone under a bound: nothing else adds bytes meanwhile.
    storing: RwLock<()>,
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
            storing: RwLock::default(),
        }
    }

    /// Creates the count of a further tier.
    pub(super) fn count(&self) -> HeldBytes {
        HeldBytes::counted_in(Arc::clone(&self.held))
    }

    /// Adds a tier, which gives way when it holds most.
    pub(super) fn join(&self, tier: &Arc<dyn MemoryTier>, held: HeldBytes) {
        self.members.lock().push(Member { tier: Arc::downgrade(tier), held });
    }

    /// Removes a tier that is about to end.
    pub(super) fn leave(&self, tier: &Arc<dyn MemoryTier>) {
        let leaving = Arc::downgrade(tier);
        self.members.lock().retain(|member| !member.tier.ptr_eq(&leaving));
    }

    /// Returns the most bytes of all caches.
    pub(super) fn most(&self) -> u64 {
        self.most.load(SeqCst)
    }

    /// Sets another bound, and lets entries leave until it holds.
    pub(crate) fn set_most(&self, most: Option<u64>) {
        let mut left = Left::default();
        // Whoever stores without a bound has ended, so nothing of that comes later.
        let turn = self.storing.write();
        self.most.store(most.unwrap_or(NO_BOUND), SeqCst);
        self.make_room(0, &mut left);
        drop(turn);
    }

    /// Stores `entry` in `tier`, with enough room for it. Without room, the entry is not stored,
    /// and what was stored for its key leaves. Returns the entries that left.
    pub(super) fn store(&self, tier: &dyn MemoryTier, entry: Entry) -> Left {
        {
            let _beside_others = self.storing.read();
            if self.most() == NO_BOUND {
                return tier.insert(entry);
            }
        }
        let mut left = Left::default();
        let _turn = self.storing.write();
        if self.make_room(entry.bytes(), &mut left) {
            left.extend(tier.insert(entry));
        } else {
            left.extend(tier.remove(entry.key()));
            left.add(entry);
        }
        left
    }

    /// Lets entries of the cache that holds most leave until there is room for `bytes` more.
    /// Returns false if that cannot be.
    fn make_room(&self, bytes: u64, left: &mut Left) -> bool {
        if bytes > self.most() {
            return false;
        }
        // Locked all the time: no tier ends meanwhile, and with it its values, under these locks.
        let members = self.members.lock();
        loop {
            let excess = read(&self.held).saturating_add(bytes).saturating_sub(self.most());
            if excess == 0 {
                return true;
            }
            let holding = members.iter().filter(|member| member.held.get() > 0);
            let largest = holding.max_by_key(|member| member.held.get());
            let Some(tier) = largest.and_then(|member| member.tier.upgrade()) else { return false };
            let evicted = tier.evict(excess);
            if evicted.is_empty() {
                return false;
            }
            left.extend(evicted);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::mpsc,
        thread::{self, ThreadId},
        time::Duration,
    };

    use super::*;
    use crate::{
        clock::Moment,
        entry::{Entry, Facts},
        key::{Key, StoredKey},
        memory::{Bounds, Memory, fake},
        timeline::Timeline,
    };

    /// A tier that evicts what came first.
    struct Fifo {
        entries: Mutex<VecDeque<Entry>>,
        held: HeldBytes,
        together: Arc<Together>,
        /// Runs when an entry is stored or evicted.
        meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    }

    impl Fifo {
        fn run_meanwhile(&self) {
            let act = self.meanwhile.lock().take();
            if let Some(act) = act {
                act();
            }
        }
    }

    impl MemoryTier for Fifo {
        fn get(&self, _: &Key) -> Option<Entry> {
            None
        }

        fn look(&self, _: &Key) -> Option<Entry> {
            None
        }

        fn insert(&self, entry: Entry) -> Left {
            self.run_meanwhile();
            // Others have the time to do wrong what they do without a turn.
            thread::yield_now();
            self.held.add(&entry);
            self.entries.lock().push_back(entry);
            let (bytes, most) = (read(&self.together.held), self.together.most());
            assert!(bytes <= most, "{bytes} of {most} bytes");
            Left::default()
        }

        fn remove(&self, _: &StoredKey) -> Left {
            let removed = self.entries.lock().pop_back();
            removed.into_iter().inspect(|entry| self.held.subtract(entry)).collect()
        }

        fn clear(&self) {}

        fn evict(&self, _: u64) -> Left {
            self.run_meanwhile();
            let evicted = self.entries.lock().pop_front();
            evicted.into_iter().inspect(|entry| self.held.subtract(entry)).collect()
        }

        fn resize(&self, _: Bounds) {}

        fn tidy(&self, _: &dyn Fn(&Entry) -> bool) {}

        fn entries(&self) -> u64 {
            self.entries.lock().len() as u64
        }
    }

    fn fifo(together: &Arc<Together>) -> Arc<Fifo> {
        let held = together.count();
        let fifo = Arc::new(Fifo {
            entries: Mutex::default(),
            held: held.clone(),
            together: Arc::clone(together),
            meanwhile: Mutex::default(),
        });
        let tier: Arc<dyn MemoryTier> = Arc::clone(&fifo) as _;
        together.join(&tier, held);
        fifo
    }

    fn entry(bytes: usize) -> Entry {
        let facts = Facts::new(Timeline::fresh(Moment::NEVER, None));
        Entry::new(StoredKey::from(&fake::key(1)), (), facts).weighed(|_| bytes)
    }

    #[test]
    fn threads_that_store_at_once_keep_the_bound_of_all() {
        const MOST: u64 = 50_000;
        let together = Arc::new(Together::new(Some(MOST)));
        let tiers = [(); 3].map(|()| fifo(&together));
        thread::scope(|scope| {
            let store = |thread: usize| {
                let tiers = &tiers;
                let together = &together;
                move || {
                    for round in 0..3_000 {
                        let tier = &tiers[(round * 7 + thread) % 3];
                        drop(together.store(&**tier, entry(round * 37 % 9_000)));
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
        let together = Arc::new(Together::new(Some(10_000)));
        let [small, large] = [(); 2].map(|()| fifo(&together));
        let store = |tier: &Fifo| drop(together.store(tier, entry(700)));
        store(&small);
        (0..20).for_each(|_| store(&large));
        assert_eq!(small.entries(), 1);
        (0..20).for_each(|_| store(&small));
        assert!(small.entries().abs_diff(large.entries()) <= 2, "they hold about the same");
    }

    #[test]
    fn a_bound_that_is_set_while_an_entry_is_being_stored_holds_for_it() {
        let together = Arc::new(Together::new(None));
        let tier = fifo(&together);
        let setting = Arc::new(Mutex::new(None));
        let (set, in_set) = (Arc::clone(&together), Arc::clone(&setting));
        *tier.meanwhile.lock() = Some(Box::new(move || {
            let (sender, receiver) = mpsc::channel();
            *in_set.lock() = Some(thread::spawn(move || {
                sender.send(()).expect("it is waited for");
                set.set_most(Some(1_000));
            }));
            receiver.recv().expect("it began");
            // Without a turn, the bound would be set before the entry is counted.
            thread::sleep(Duration::from_millis(20));
        }));
        drop(together.store(&*tier, entry(5_000)));
        setting.lock().take().expect("it has begun").join().expect("it has ended");
        assert_eq!(read(&together.held), 0);
    }

    #[test]
    fn an_entry_that_outgrew_a_lower_bound_on_its_way_takes_the_old_one_with_it_and_no_other() {
        let together = Arc::new(Together::new(Some(10_000)));
        let [tier, other] = [(); 2].map(|()| fifo(&together));
        for tier in [&tier, &other] {
            drop(together.store(&**tier, entry(1_000)));
        }
        let left = together.store(&*tier, entry(20_000));
        assert_eq!(left.into_iter().count(), 2, "the old one and the new one");
        assert_eq!((tier.entries(), other.entries()), (0, 1));
    }

    /// A value that counts its end, and tells whether the thread that stores drops it under its
    /// lock.
    struct Dying {
        together: Weak<Together>,
        stores: ThreadId,
        died: Arc<AtomicU64>,
    }

    impl Drop for Dying {
        fn drop(&mut self) {
            let Some(together) = self.together.upgrade() else { return };
            let is_locked =
                thread::current().id() == self.stores && together.storing.try_write().is_none();
            self.died.fetch_add(if is_locked { 1_000 } else { 1 }, SeqCst);
        }
    }

    #[test]
    fn a_cache_that_ends_while_it_gives_way_ends_after_the_locks() {
        let together = Arc::new(Together::new(Some(10_000)));
        let [tier, other] = [(); 2].map(|()| fifo(&together));
        let died = Arc::default();
        for _ in 0..5 {
            let value = Dying {
                together: Arc::downgrade(&together),
                stores: thread::current().id(),
                died: Arc::clone(&died),
            };
            let facts = Facts::new(Timeline::fresh(Moment::NEVER, None));
            let entry = Entry::new(StoredKey::from(&fake::key(1)), value, facts);
            drop(together.store(&*tier, entry.weighed(|_| 1_500)));
        }
        let as_tier: Arc<dyn MemoryTier> = Arc::clone(&tier) as _;
        let memory = Memory::on(as_tier, false, HeldBytes::default(), Arc::clone(&together));
        let ending = Arc::new(Mutex::new(None));
        let started = Arc::clone(&ending);
        *tier.meanwhile.lock() = Some(Box::new(move || {
            let (sender, receiver) = mpsc::channel();
            *started.lock() = Some(thread::spawn(move || {
                sender.send(()).expect("it is waited for");
                drop(memory);
            }));
            receiver.recv().expect("it began");
            // Time enough to end, but for what the one who evicts holds.
            thread::sleep(Duration::from_millis(20));
        }));
        drop(tier);
        let left = together.store(&*other, entry(5_000));
        ending.lock().take().expect("it has begun").join().expect("it has ended");
        drop(left);
        assert_eq!(died.load(SeqCst), 5, "1000 for each that died under a lock");
    }
}
