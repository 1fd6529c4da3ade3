//! The order in which entries leave.

use std::{iter, mem, sync::atomic::Ordering::Relaxed};

use cachery_core::{Entry, key::StoredKey};

use super::{ghosts::Ghosts, queue::Queue};

/// The share of the capacity for keys that are new: a twentieth. Measured against a fiftieth to a
/// tenth: smaller is better for skewed loads, larger learns a new set of keys faster.
const SMALL_SHARE: usize = 20;
/// The share of the capacity that a set of ghosts remembers: a half, so both at most all of it.
const GHOSTS_SHARE: usize = 2;
/// Marked entries that one eviction passes over. Then one leaves in spite of its mark, so that an
/// eviction takes a few microseconds also where all are marked.
const MOST_SPARED: usize = 64;

/// The order in which entries leave.
pub(super) struct Queues {
    capacity: usize,
    /// New keys, until they are asked for again.
    small: Queue,
    main: Queue,
    ghosts: Ghosts,
    /// The slot at which the next sweep begins, counted over both queues.
    hand: usize,
}

/// Entries that a sweep took out.
pub(super) struct Sweep {
    pub(super) over: Vec<Entry>,
    /// `true` when the next sweep begins anew.
    pub(super) is_last: bool,
}

/// One of the two queues.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Small,
    Main,
}

impl Queues {
    pub(super) fn new(capacity: u64) -> Self {
        let mut queues = Self {
            capacity: 0,
            small: Queue::default(),
            main: Queue::default(),
            ghosts: Ghosts::default(),
            hand: 0,
        };
        queues.set_capacity(capacity);
        queues
    }

    pub(super) fn set_capacity(&mut self, capacity: u64) {
        self.capacity = usize::try_from(capacity).unwrap_or(usize::MAX).max(1);
    }

    pub(super) fn len(&self) -> usize {
        self.small.len() + self.main.len()
    }

    /// Returns the queue for a key that is not there: the small one, unless the key was there
    /// lately or nothing need leave for it.
    pub(super) fn kind_for(&mut self, key: &StoredKey) -> Kind {
        if self.len() < self.capacity || self.ghosts.remove(key.hash64()) {
            Kind::Main
        } else {
            Kind::Small
        }
    }

    /// Adds an entry, for which there must be room.
    pub(super) fn push(&mut self, kind: Kind, entry: Entry) {
        match kind {
            Kind::Small => self.small.push(entry),
            Kind::Main => self.main.push(entry),
        }
    }

    /// Puts `new` in the place of `old`, as often asked for as that, and returns that.
    pub(super) fn replace(&mut self, old: &Entry, new: &Entry) -> Option<Entry> {
        new.notes().mark.store(old.notes().mark.load(Relaxed), Relaxed);
        self.small.replace(old, new).or_else(|| self.main.replace(old, new))
    }

    /// Takes an entry out before its turn.
    pub(super) fn remove(&mut self, entry: &Entry) -> Option<Entry> {
        self.small.remove(entry).or_else(|| self.main.remove(entry))
    }

    /// Leaves empty queues behind.
    pub(super) fn take_all(&mut self) -> Self {
        let empty = Self::new(self.capacity as u64);
        mem::replace(self, empty)
    }

    /// Takes out an entry if there is no room for another one.
    pub(super) fn evict_if_full(&mut self) -> Option<Entry> {
        if self.len() < self.capacity { None } else { self.evict() }
    }

    /// Takes out the entries beyond the capacity.
    pub(super) fn evict_excess(&mut self) -> impl Iterator<Item = Entry> {
        iter::from_fn(|| if self.len() > self.capacity { self.evict() } else { None })
    }

    /// Takes out the entry that is worth least.
    fn evict(&mut self) -> Option<Entry> {
        let mut spared = 0;
        if self.small.len() >= (self.capacity / SMALL_SHARE).max(1) {
            while let Some(entry) = self.small.pop() {
                if spared == MOST_SPARED || !is_marked(&entry) {
                    self.ghosts.add(entry.key().hash64(), (self.capacity / GHOSTS_SHARE).max(1));
                    return Some(entry);
                }
                entry.notes().mark.store(0, Relaxed);
                self.main.push(entry);
                spared += 1;
            }
        }
        while let Some(entry) = self.main.pop() {
            if spared == MOST_SPARED || !is_marked(&entry) {
                return Some(entry);
            }
            entry.notes().mark.fetch_sub(1, Relaxed);
            self.main.push(entry);
            spared += 1;
        }
        self.small.pop()
    }

    /// Takes out those of the next `most` entries that `is_over` finds past all use.
    pub(super) fn sweep(&mut self, most: usize, is_over: impl Fn(&Entry) -> bool) -> Sweep {
        let small = self.small.slots();
        let end = small + self.main.slots();
        let begin = self.hand;
        self.hand += most;
        let slots = (begin..end.min(self.hand)).filter_map(|slot| match slot {
            slot if slot < small => self.small.get(slot),
            slot => self.main.get(slot - small),
        });
        let over: Vec<_> = slots.filter(|entry| is_over(entry)).cloned().collect();
        for entry in &over {
            self.remove(entry);
        }
        let is_last = self.hand >= end;
        if is_last {
            self.hand = 0;
        }
        Sweep { over, is_last }
    }
}

fn is_marked(entry: &Entry) -> bool {
    entry.notes().mark.load(Relaxed) > 0
}
