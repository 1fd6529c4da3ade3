//! Entries in the order of their arrival.

use std::{collections::VecDeque, sync::atomic::Ordering::Relaxed};

use cachery_core::Entry;

/// Entries in the order of their arrival, each of which can leave at any time. An entry notes its
/// position, so it is found without a search.
#[derive(Default)]
pub(super) struct Queue {
    /// `None`: the entry has left before its turn.
    slots: VecDeque<Option<Entry>>,
    /// The position of the first slot. Positions are never used twice.
    first: u64,
    len: usize,
    bytes: u64,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns the bytes of the entries.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the number of slots, including those of entries that have left.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Returns the entry in a slot.
    pub(super) fn get(&self, slot: usize) -> Option<&Entry> {
        self.slots.get(slot)?.as_ref()
    }

    /// Adds an entry at the end.
    pub(super) fn push(&mut self, entry: Entry) {
        entry.notes().position.store(self.first + self.slots.len() as u64, Relaxed);
        self.len += 1;
        self.bytes += entry.bytes();
        self.slots.push_back(Some(entry));
    }

    /// Takes the entry that came first.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        while let Some(slot) = self.slots.pop_front() {
            self.first += 1;
            if let Some(entry) = &slot {
                self.len -= 1;
                self.bytes -= entry.bytes();
                return slot;
            }
        }
        None
    }

    /// Takes `entry`, if it is in this queue.
    pub(super) fn remove(&mut self, entry: &Entry) -> Option<Entry> {
        let removed = self.slot_of(entry)?.take();
        self.len -= 1;
        self.bytes -= entry.bytes();
        if self.slots.len() > 2 * self.len + MOST_EMPTY {
            self.close_up();
        }
        removed
    }

    /// Puts `new` in the place of `old`, and returns that, if it is in this queue.
    pub(super) fn replace(&mut self, old: &Entry, new: &Entry) -> Option<Entry> {
        let slot = self.slot_of(old)?;
        new.notes().position.store(old.notes().position.load(Relaxed), Relaxed);
        let replaced = slot.replace(new.clone());
        self.bytes = self.bytes - old.bytes() + new.bytes();
        replaced
    }

    /// Returns the slot that holds `entry`.
    fn slot_of(&mut self, entry: &Entry) -> Option<&mut Option<Entry>> {
        let slot = entry.notes().position.load(Relaxed).checked_sub(self.first)?;
        let slot = self.slots.get_mut(usize::try_from(slot).ok()?)?;
        slot.as_ref().is_some_and(|held| held.is(entry)).then_some(slot)
    }

    /// Frees the slots of entries that have left.
    fn close_up(&mut self) {
        self.first += self.slots.len() as u64;
        let entries = std::mem::take(&mut self.slots);
        self.len = 0;
        self.bytes = 0;
        entries.into_iter().flatten().for_each(|entry| self.push(entry));
    }
}

/// Empty slots that are not worth the work of freeing them.
const MOST_EMPTY: usize = 32;
