//! The entries that this thread found last, looked at before the memory tier.
//!
//! A concurrent map pays for each hit with its own bookkeeping. A thread that asks for the same keys
//! again and again finds them here for a fraction of it. The thread's cache never decides anything:
//!
//! - It holds small entries, weakly: an entry that memory drops is gone here too, and no value lives
//!   longer for it.
//! - Each cache keeps a *stamp* for each group of keys, moved by every store and removal in that
//!   group. An entry found under another stamp is not used. The stamp is read before memory is, so a
//!   change in between counts as later.
//! - Memory must learn which keys are popular, to keep them: one use in [`USES`] is reported.

use std::{
    cell::RefCell,
    sync::atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use equivalent::Equivalent;

use crate::{
    entry::{Entry, WeakEntry},
    key::Key,
};

/// Slots of a thread, shared by all caches: 56 KiB, taken at the thread's first call.
const SLOTS: usize = 1024;
/// Groups of keys of a cache.
const STAMPS: usize = 128;
/// The number of uses of a slot for one report of its popularity.
const USES: u8 = 32;

/// The largest value, in bytes, that a slot may refer to: a weak reference holds that memory until
/// the slot is used again, though not the value. Memory that a value points to does not count.
const LARGEST: usize = 256;

thread_local! {
    static SLOTS_OF_THREAD: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

#[derive(Default)]
struct Slot {
    /// The hash of the last key that was offered. A key offered twice in a row is taken, so that a
    /// long row of keys that come once does not drive out the ones that stay.
    candidate: u64,
    hash: u64,
    cache: u64,
    stamp: u64,
    uses: u8,
    entry: Option<WeakEntry>,
}

/// One cache's part in the caches of all threads.
pub(super) struct ThreadCache {
    /// A number that no other cache of this process ever has.
    id: u64,
    stamps: Box<[AtomicU64]>,
}

/// A lookup of one key, with the stamp as it was before memory was asked.
pub(crate) struct Lookup {
    cache: u64,
    stamp: u64,
    hash: u64,
}

impl ThreadCache {
    pub(super) fn new() -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let stamps = (0..STAMPS).map(|_| AtomicU64::new(0)).collect();
        Self { id: NEXT_ID.fetch_add(1, Relaxed), stamps }
    }

    /// Begins a lookup of `key`, before memory is asked.
    #[inline]
    pub(super) fn lookup(&self, key: &Key) -> Lookup {
        let hash = key.hash64();
        Lookup { cache: self.id, stamp: self.stamp(hash).load(Acquire), hash }
    }

    /// Records that memory has changed for a key with this hash: entries found before are not used
    /// again.
    pub(super) fn changed(&self, hash: u64) {
        self.stamp(hash).fetch_add(1, Release);
    }

    /// Tells whether memory has not changed for the key's group since the lookup began.
    pub(super) fn is_current(&self, lookup: &Lookup) -> bool {
        self.stamp(lookup.hash).load(Acquire) == lookup.stamp
    }

    #[inline]
    fn stamp(&self, hash: u64) -> &AtomicU64 {
        &self.stamps[index(hash >> 48, STAMPS)]
    }
}

/// Returns an index below `count` for a hash.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
fn index(hash: u64, count: usize) -> usize {
    (hash % count as u64) as usize
}

impl Lookup {
    /// Returns the entry of `key`, if this thread found it under the present stamp. Calls `popular`
    /// for one use in [`USES`].
    #[inline]
    pub(super) fn entry(&self, key: &Key, popular: impl FnOnce(&Entry)) -> Option<Entry> {
        self.with_slot(|slot| {
            if (slot.hash, slot.cache) != (self.hash, self.cache) {
                return None;
            }
            let entry = slot
                .entry
                .as_ref()
                .filter(|_| slot.stamp == self.stamp)
                .and_then(WeakEntry::upgrade);
            let Some(entry) = entry else {
                // Even a weak reference holds the memory of a value that is gone.
                slot.entry = None;
                return None;
            };
            if !key.equivalent(entry.key()) {
                return None;
            }
            slot.uses = slot.uses.wrapping_add(1) % USES;
            if slot.uses == 0 {
                popular(&entry);
            }
            Some(entry)
        })
    }

    /// Offers an entry that memory found under this lookup's stamp.
    pub(super) fn offer(&self, entry: &Entry) {
        if entry.inline_size() > LARGEST {
            return;
        }
        // The old entry is dropped after the slots are free again: no code of a value runs while
        // they are borrowed.
        let _old = self.with_slot(|slot| {
            if slot.candidate != self.hash {
                slot.candidate = self.hash;
                return None;
            }
            let new = Slot {
                candidate: self.hash,
                hash: self.hash,
                cache: self.cache,
                stamp: self.stamp,
                uses: 0,
                entry: Some(entry.downgrade()),
            };
            Some(std::mem::replace(slot, new))
        });
    }

    /// Runs `act` on the key's slot. `None` also where the thread has lost its slots.
    #[inline]
    fn with_slot<T>(&self, act: impl FnOnce(&mut Slot) -> Option<T>) -> Option<T> {
        let of_thread = |slots: &RefCell<Vec<Slot>>| {
            let mut slots = slots.try_borrow_mut().ok()?;
            if slots.is_empty() {
                slots.resize_with(SLOTS, Slot::default);
            }
            // All caches share the slots, so the same key of two caches should not share one.
            let mixed = self.hash ^ self.cache.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            act(slots.get_mut(index(mixed, SLOTS))?)
        };
        SLOTS_OF_THREAD.try_with(of_thread).ok().flatten()
    }
}
