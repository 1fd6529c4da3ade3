//! The order in which entries leave.

use std::{iter, mem, sync::atomic::Ordering::Relaxed};

use cachery_core::{Bounds, DropCause, Entry};

use super::{ghosts::Ghosts, queue::Queue};

/// The share of the bounds for keys that are new: a twentieth. Measured against a fiftieth to a
/// tenth: smaller is better for skewed loads, larger learns a new set of keys faster.
const SMALL_SHARE: usize = 20;
/// The share of the entries that a set of ghosts remembers: a half, so both at most all of them.
const GHOSTS_SHARE: usize = 2;
/// Marked entries that one eviction passes over. Then one leaves in spite of its mark, so that an
/// eviction takes a few microseconds also where all are marked.
const MOST_SPARED: usize = 64;

/// The order in which entries leave.
pub(super) struct Queues {
    capacity: usize,
    max_bytes: u64,
    /// New keys, until they are asked for again.
    small: Queue,
    main: Queue,
    ghosts: Ghosts,
    /// The slot at which the next sweep begins, counted over both queues.
    hand: usize,
}

/// So many entries, of so many bytes together.
#[derive(Clone, Copy, Default)]
pub(super) struct Amount {
    entries: usize,
    bytes: u64,
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
    pub(super) fn new(bounds: Bounds) -> Self {
        let mut queues = Self {
            capacity: 0,
            max_bytes: 0,
            small: Queue::default(),
            main: Queue::default(),
            ghosts: Ghosts::default(),
            hand: 0,
        };
        queues.set_bounds(bounds);
        queues
    }

    pub(super) fn set_bounds(&mut self, bounds: Bounds) {
        self.capacity = usize::try_from(bounds.capacity).unwrap_or(usize::MAX).max(1);
        self.max_bytes = bounds.max_bytes.unwrap_or(u64::MAX);
    }

    pub(super) fn len(&self) -> usize {
        self.small.len() + self.main.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.small.bytes() + self.main.bytes()
    }

    /// Tells whether the bound of bytes leaves room for `entry` at all.
    pub(super) fn can_hold(&self, entry: &Entry) -> bool {
        entry.bytes() <= self.max_bytes
    }

    /// Returns the queue for an entry whose key is not there: the small one, unless the key was
    /// there lately or nothing need leave for it.
    pub(super) fn kind_for(&mut self, entry: &Entry) -> Kind {
        if self.lacks_room_for(Amount { entries: 1, bytes: entry.bytes() }).is_none()
            || self.ghosts.remove(entry.key().hash64())
        {
            Kind::Main
        } else {
            Kind::Small
        }
    }

    /// Returns the bound that leaves no room for so much more, if one does.
    fn lacks_room_for(&self, Amount { entries, bytes }: Amount) -> Option<DropCause> {
        if self.len().saturating_add(entries) > self.capacity {
            return Some(DropCause::Size);
        }
        (self.bytes().saturating_add(bytes) > self.max_bytes).then_some(DropCause::Bytes)
    }

    /// Adds an entry, for which there must be room.
    pub(super) fn push(&mut self, kind: Kind, entry: Entry) {
        match kind {
            Kind::Small => self.small.push(entry),
            Kind::Main => self.main.push(entry),
        }
    }

    /// Puts `new` in the place of `old`, as often asked for as that. Where others must leave for it,
    /// it does nothing but take `old` out, and returns the queue for `new`: at its end, it does not
    /// leave for itself.
    pub(super) fn replace(&mut self, old: &Entry, new: &Entry) -> Option<Kind> {
        new.notes().mark.store(old.notes().mark.load(Relaxed), Relaxed);
        let growth = new.bytes().saturating_sub(old.bytes());
        if growth == 0 || self.lacks_room_for(Amount { entries: 0, bytes: growth }).is_none() {
            drop(self.small.replace(old, new).or_else(|| self.main.replace(old, new)));
            return None;
        }
        let was_small = self.small.remove(old).is_some();
        if !was_small {
            self.main.remove(old);
        }
        Some(if was_small { Kind::Small } else { Kind::Main })
    }

    /// Takes an entry out before its turn.
    pub(super) fn remove(&mut self, entry: &Entry) -> Option<Entry> {
        self.small.remove(entry).or_else(|| self.main.remove(entry))
    }

    /// Leaves empty queues behind.
    pub(super) fn take_all(&mut self) -> Self {
        let mut bounds = Bounds::new(self.capacity as u64);
        bounds.max_bytes = Some(self.max_bytes);
        mem::replace(self, Self::new(bounds))
    }

    /// Takes out entries until there is room for `new`.
    pub(super) fn evict_for(&mut self, new: &Entry) -> impl Iterator<Item = (Entry, DropCause)> {
        let added = Amount { entries: 1, bytes: new.bytes() };
        self.evict_until(added, added)
    }

    /// Takes out the entries beyond the bounds.
    pub(super) fn evict_excess(&mut self) -> impl Iterator<Item = (Entry, DropCause)> {
        self.evict_until(Amount::default(), Amount { entries: usize::MAX, bytes: u64::MAX })
    }

    /// Takes out entries until there is room for `more`, or until as much has left as was `added`:
    /// while bounds are being lowered, a caller who stores drops no more than that.
    fn evict_until(
        &mut self,
        more: Amount,
        added: Amount,
    ) -> impl Iterator<Item = (Entry, DropCause)> {
        let mut left = Amount::default();
        iter::from_fn(move || {
            if left.entries >= added.entries && left.bytes >= added.bytes {
                return None;
            }
            let cause = self.lacks_room_for(more)?;
            let evicted = self.evict()?;
            left.entries += 1;
            left.bytes += evicted.bytes();
            Some((evicted, cause))
        })
    }

    /// Takes out the entries that are worth least, until they have so many bytes.
    pub(super) fn evict_bytes(&mut self, bytes: u64) -> impl Iterator<Item = Entry> {
        let most = self.bytes().saturating_sub(bytes);
        iter::from_fn(move || if self.bytes() > most { self.evict() } else { None })
    }

    /// Takes out the entry that is worth least.
    fn evict(&mut self) -> Option<Entry> {
        let mut spared = 0;
        // As many as there are, or may be.
        let entries = self.capacity.min(self.len() + 1);
        if self.is_small_full() {
            while let Some(entry) = self.small.pop() {
                if spared == MOST_SPARED || !is_marked(&entry) {
                    self.ghosts.add(entry.key().hash64(), (entries / GHOSTS_SHARE).max(1));
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

    /// Tells whether the small queue has its share of one of the bounds.
    fn is_small_full(&self) -> bool {
        let share = SMALL_SHARE as u64;
        self.small.len() >= (self.capacity / SMALL_SHARE).max(1)
            || self.small.bytes() > self.max_bytes / share
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
