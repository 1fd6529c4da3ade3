//! The tier of one cache, which may be replaced by one of another size while calls run.
//!
//! A tier cannot be resized. So a new one is filled from the old, key by key under the lock under
//! which a key is stored and removed; meanwhile both are told of every change, and the old one
//! answers. A program that never resizes pays one look at a cell for each use of memory, and a hit
//! in the thread's cache not even that.

use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;

use super::tier::{DropCause, MemoryOptions, MemoryTier};
use crate::{
    clock::Clock,
    entry::Entry,
    flight::Flights,
    key::{Key, StoredKey},
    observe::Counters,
    timeline::Age,
};

/// The function that opens a tier.
pub(super) type Open = fn(MemoryOptions) -> Arc<dyn MemoryTier>;

/// The tier of one cache, and the one that replaces it where memory is being resized.
pub(super) struct Tiers {
    open: Open,
    counters: Arc<Counters>,
    clock: Clock,
    pub(super) first: SizedTier,
    /// The tiers since memory was first resized.
    later: OnceLock<ArcSwap<Pair>>,
}

/// The tier that answers, and the one that is being filled to take its place.
#[derive(Clone)]
struct Pair {
    current: SizedTier,
    next: Option<SizedTier>,
}

/// A tier with the shape that it was opened for.
#[derive(Clone)]
pub(super) struct SizedTier {
    pub(super) tier: Arc<dyn MemoryTier>,
    shape: Shape,
    /// `true` while an entry that leaves this tier has left the cache.
    counts: Arc<AtomicBool>,
}

/// The bounds for which a tier is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The most entries.
    pub(crate) capacity: u64,
    /// The ttl of the entries; `None`: they never expire.
    pub(crate) ttl: Option<Duration>,
}

impl SizedTier {
    fn open(open: Open, shape: Shape, counters: &Arc<Counters>, clock: &Clock) -> Self {
        let counts = Arc::new(AtomicBool::new(true));
        let is_counted = Arc::clone(&counts);
        let counters = Arc::clone(counters);
        let observer_clock = clock.clone();
        let tier = open(MemoryOptions {
            capacity: shape.capacity,
            ttl: shape.ttl.filter(|_| clock.is_system()),
            on_drop: Arc::new(move |entry, cause| {
                if is_counted.load(Relaxed) {
                    count_drop(&counters, &observer_clock, entry, cause);
                }
            }),
        });
        Self { tier, shape, counts }
    }
}

/// Counts an entry that left by itself. One that was replaced after its end had expired: only
/// nobody had asked for it.
fn count_drop(counters: &Counters, clock: &Clock, entry: &Entry, cause: DropCause) {
    match cause {
        DropCause::Expired => counters.expired.add(1),
        DropCause::Size => counters.evicted_for_size.add(1),
        DropCause::Replaced if entry.age(clock.now()) == Age::Gone => counters.expired.add(1),
        DropCause::Replaced => {}
    }
}

impl Tiers {
    pub(super) fn open(open: Open, shape: Shape, counters: &Arc<Counters>, clock: &Clock) -> Self {
        Self {
            open,
            counters: Arc::clone(counters),
            clock: clock.clone(),
            first: SizedTier::open(open, shape, counters, clock),
            later: OnceLock::new(),
        }
    }

    #[inline]
    pub(super) fn get(&self, key: &Key) -> Option<Entry> {
        match self.later.get() {
            // Nothing is there: unless it has moved since the look at the cell.
            None => self
                .first
                .tier
                .get(key)
                .or_else(|| self.later.get().and_then(|pair| get_in(pair, key))),
            Some(pair) => get_in(pair, key),
        }
    }

    /// Stores `entry`. To be called under the lock of its key.
    pub(super) fn insert(&self, entry: Entry) {
        let Some(pair) = self.later.get() else { return self.first.tier.insert(entry) };
        let pair = pair.load();
        if let Some(next) = &pair.next {
            next.tier.insert(entry.clone());
        }
        pair.current.tier.insert(entry);
    }

    /// Removes `key`. To be called under its lock.
    pub(super) fn remove(&self, key: &StoredKey) {
        self.for_each_tier(|tier| tier.remove(key));
    }

    pub(super) fn clear(&self) {
        self.for_each_tier(|tier| tier.clear());
    }

    pub(super) fn entries(&self) -> u64 {
        self.current().tier.entries()
    }

    /// Returns the tier that answers.
    pub(super) fn weak(&self) -> Weak<dyn MemoryTier> {
        match self.later.get() {
            None => Arc::downgrade(&self.first.tier),
            Some(pair) => Arc::downgrade(&pair.load().current.tier),
        }
    }

    fn current(&self) -> SizedTier {
        let later = self.later.get().map(|pair| pair.load().current.clone());
        later.unwrap_or_else(|| self.first.clone())
    }

    /// Calls `tell` for each tier that must hear of a change.
    fn for_each_tier(&self, tell: impl Fn(&dyn MemoryTier)) {
        let Some(pair) = self.later.get() else { return tell(&*self.first.tier) };
        let pair = pair.load();
        tell(&*pair.current.tier);
        if let Some(next) = &pair.next {
            tell(&*next.tier);
        }
    }

    fn set(&self, pair: Pair) {
        let pair = Arc::new(pair);
        let later = self.later.get_or_init(|| ArcSwap::new(Arc::clone(&pair)));
        later.store(pair);
    }

    /// Moves to a tier of another shape, if it has to be another one. `flights` has the locks under
    /// which keys are stored and removed.
    pub(super) fn resize<T: Clone>(&self, wanted: Shape, flights: &Flights<T>) {
        let old = self.current();
        // A tier's ttl gives memory back, and no more: a longer one than needed is not worth a move.
        let ttl = old.shape.ttl.zip(wanted.ttl).map(|(old, new)| old.max(new));
        let shape = Shape { capacity: wanted.capacity, ttl };
        if shape != old.shape {
            self.move_to(shape, &old, flights);
        }
    }

    fn move_to<T: Clone>(&self, shape: Shape, old: &SizedTier, flights: &Flights<T>) {
        // Entries that have expired are counted before they are left behind.
        old.tier.entries();
        let new = SizedTier::open(self.open, shape, &self.counters, &self.clock);
        self.set(Pair { current: old.clone(), next: Some(new.clone()) });
        // A caller who is storing or removing now may not have seen that there are two.
        flights.wait_for_locks();
        old.counts.store(false, Relaxed);
        old.tier.for_each(&mut |entry| {
            if entry.age(self.clock.now()) == Age::Gone {
                self.counters.expired.add(1);
                return;
            }
            flights.locked(entry.key(), || {
                // Only if it is still the entry of its key.
                if old.tier.holds(entry) {
                    new.tier.insert(entry.clone());
                }
            });
        });
        self.set(Pair { current: new, next: None });
        old.tier.clear();
        old.tier.entries();
    }
}

fn get_in(pair: &ArcSwap<Pair>, key: &Key) -> Option<Entry> {
    let present = pair.load();
    let found = present.current.tier.get(key);
    // The tier that had it may have been left and emptied.
    if found.is_none() && !Arc::ptr_eq(&present, &pair.load()) {
        return get_in(pair, key);
    }
    found
}
