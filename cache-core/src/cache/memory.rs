//! The memory of one cache, which may be changed for one of another size while calls run.
//!
//! A tier cannot be resized. So a new one is filled from the old, key by key under the lock under which a key is stored and removed;
//! meanwhile both are told of every change, and the old one answers. A program that never does this pays one look at a cell for each
//! use of memory, and a hit in the front not even that.

use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwap;

use super::{Cache, count_drop};
use crate::{
    clock::Clock,
    entry::Entry,
    key::{Key, StoredKey},
    last_rites,
    memory::{self, MemoryOptions, MemoryTier},
    stats::Counters,
    timeline::Age,
};

/// How a tier is opened.
type Open = fn(MemoryOptions) -> Arc<dyn MemoryTier>;

pub(crate) struct Memory {
    open: Open,
    first: Room,
    /// Where entries are since memory was changed.
    later: OnceLock<ArcSwap<Rooms>>,
}

/// The tier that answers, and the one that is being filled to take its place.
#[derive(Clone)]
struct Rooms {
    current: Room,
    next: Option<Room>,
}

#[derive(Clone)]
struct Room {
    tier: Arc<dyn MemoryTier>,
    shape: Shape,
    /// Whether what leaves it has left the cache.
    counts: Arc<AtomicBool>,
}

/// What a tier is made for, once and for all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) capacity: u64,
    pub(super) ttl: Option<Duration>,
}

impl Room {
    fn open(open: Open, shape: Shape, counters: &Arc<Counters>, clock: &Clock) -> Self {
        let counts = Arc::new(AtomicBool::new(true));
        let (counters, clock, is_counted) = (Arc::clone(counters), clock.clone(), Arc::clone(&counts));
        let tier = open(MemoryOptions {
            capacity: shape.capacity,
            ttl: shape.ttl.filter(|_| clock.is_system()),
            on_drop: Arc::new(move |entry, cause| {
                if is_counted.load(Relaxed) {
                    count_drop(&counters, &clock, entry, cause);
                }
            }),
        });
        Self { tier, shape, counts }
    }
}

impl Memory {
    pub(super) fn open(shape: Shape, counters: &Arc<Counters>, clock: &Clock) -> Self {
        Self::open_by(memory::open, shape, counters, clock)
    }

    fn open_by(open: Open, shape: Shape, counters: &Arc<Counters>, clock: &Clock) -> Self {
        Self { open, first: Room::open(open, shape, counters, clock), later: OnceLock::new() }
    }

    #[inline]
    pub(super) fn get(&self, key: &Key) -> Option<Entry> {
        match self.later.get() {
            // Nothing is there: unless it has moved since the look at the cell.
            None => {
                self.first.tier.get(key).or_else(|| self.later.get().and_then(|rooms| get_in(rooms, key)))
            }
            Some(rooms) => get_in(rooms, key),
        }
    }

    /// To be called under the lock of the entry's key.
    pub(super) fn insert(&self, entry: Entry) {
        let Some(rooms) = self.later.get() else { return self.first.tier.insert(entry) };
        let rooms = rooms.load();
        if let Some(next) = &rooms.next {
            next.tier.insert(entry.clone());
        }
        rooms.current.tier.insert(entry);
    }

    /// To be called under the lock of `key`.
    pub(super) fn remove(&self, key: &StoredKey) {
        self.each(|tier| tier.remove(key));
    }

    pub(super) fn clear(&self) {
        self.each(|tier| tier.clear());
    }

    pub(super) fn entries(&self) -> u64 {
        self.current().tier.entries()
    }

    /// The tier that answers.
    pub(super) fn weak(&self) -> Weak<dyn MemoryTier> {
        match self.later.get() {
            None => Arc::downgrade(&self.first.tier),
            Some(rooms) => Arc::downgrade(&rooms.load().current.tier),
        }
    }

    fn current(&self) -> Room {
        self.later.get().map_or_else(|| self.first.clone(), |rooms| rooms.load().current.clone())
    }

    /// Each tier that must hear of a change.
    fn each(&self, tell: impl Fn(&dyn MemoryTier)) {
        let Some(rooms) = self.later.get() else { return tell(&*self.first.tier) };
        let rooms = rooms.load();
        tell(&*rooms.current.tier);
        if let Some(next) = &rooms.next {
            tell(&*next.tier);
        }
    }

    fn set(&self, rooms: Rooms) {
        let rooms = Arc::new(rooms);
        let later = self.later.get_or_init(|| ArcSwap::new(Arc::clone(&rooms)));
        later.store(rooms);
    }
}

fn get_in(rooms: &ArcSwap<Rooms>, key: &Key) -> Option<Entry> {
    let present = rooms.load();
    let found = present.current.tier.get(key);
    // The tier that had it may have been left and emptied.
    if found.is_none() && !Arc::ptr_eq(&present, &rooms.load()) {
        return get_in(rooms, key);
    }
    found
}

impl Cache {
    /// Brings memory to the capacity and the ttl of the policy. Entries that have room stay, and so does what they have of life. Takes
    /// a while for many entries; to be called by one thread at a time.
    pub(crate) fn reshape(&self) {
        let (old, policy) = (self.memory.current(), self.policy.get());
        // A tier's ttl gives memory back, and no more: a longer one than needed is not worth a move.
        let ttl = old.shape.ttl.zip(policy.ttl).map(|(old, new)| old.max(new));
        let shape = Shape { capacity: policy.capacity, ttl };
        if shape != old.shape {
            last_rites::after(|| self.move_to(shape, &old));
        }
    }

    fn move_to(&self, shape: Shape, old: &Room) {
        // What has expired is counted before it is left behind.
        old.tier.entries();
        let new = Room::open(self.memory.open, shape, &self.counters, &self.clock);
        self.memory.set(Rooms { current: old.clone(), next: Some(new.clone()) });
        // Who is storing or removing now may not have seen that there are two.
        self.flights.wait_for_locks();
        old.counts.store(false, Relaxed);
        old.tier.for_each(&mut |entry| self.move_entry(entry, old, &new));
        self.memory.set(Rooms { current: new, next: None });
        old.tier.clear();
        old.tier.entries();
    }

    /// Brings `entry` along, if it is still the one of its key.
    fn move_entry(&self, entry: &Entry, old: &Room, new: &Room) {
        if entry.age(self.clock.now()) == Age::Gone {
            self.counters.expired.add(1);
            return;
        }
        self.flights.locked(entry.key(), || {
            if old.tier.holds(entry) {
                new.tier.insert(entry.clone());
            }
        });
    }
}

#[cfg(test)]
pub(super) mod shelf;
#[cfg(test)]
mod tests;
