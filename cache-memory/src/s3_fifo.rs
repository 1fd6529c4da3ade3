//! A table that evicts by S3-FIFO.
//!
//! Two parts know the entries. The [`Shards`] find an entry by its key: a hit takes the read lock
//! of one shard and leaves a mark in the entry, and nothing else. The [`Queues`] decide which entry
//! leaves, by these marks. Only what stores or removes locks them, so all changes come one after
//! the other: the number of entries is exact at any time.
//!
//! S3-FIFO is described in "FIFO queues are all you need for cache eviction" (Yang et al., SOSP
//! 2023): new keys pass through a small queue, and only those that are asked for again there, or
//! soon after they left, come into the main one. So a long row of keys that come once drives
//! nothing out.

mod ghosts;
mod queue;
mod queues;
mod shards;

use std::mem;

use cachery_core::{
    Bounds, DropCause, Entry, HeldBytes, Left, MemoryOptions, MemoryTier, OnDrop,
    key::{Key, StoredKey},
};
use parking_lot::Mutex;

use self::{
    queues::{Queues, Sweep},
    shards::{Shards, Table},
};

/// Entries that are looked at, or evicted, before those who wait for the queues get their turn.
const BATCH: usize = 256;
/// Batches of one step of housekeeping, so that it takes a few milliseconds.
const TIDY_BATCHES: usize = 64;

/// A table that evicts by S3-FIFO.
struct S3Fifo {
    shards: Shards,
    queues: Mutex<Queues>,
    /// The entries that a clear has left behind, to be dropped by housekeeping.
    cleared: Mutex<Option<(Vec<Table>, Queues)>>,
    on_drop: OnDrop,
    /// Changed under the lock of the queues.
    held: HeldBytes,
}

pub(crate) fn open(options: MemoryOptions) -> Box<dyn MemoryTier> {
    Box::new(S3Fifo {
        shards: Shards::new(),
        queues: Mutex::new(Queues::new(options.bounds)),
        cleared: Mutex::default(),
        on_drop: options.on_drop,
        held: options.held,
    })
}

impl S3Fifo {
    /// Removes an entry that has left the queues.
    fn forget(&self, entry: &Entry, cause: DropCause) {
        self.shards.remove(entry.key());
        self.held.subtract(entry);
        (self.on_drop)(entry, cause);
    }

    /// Takes out the entry of `key` before its turn.
    fn take(&self, queues: &mut Queues, key: &StoredKey) -> Option<Entry> {
        let entry = self.shards.remove(key)?;
        queues.remove(&entry);
        self.held.subtract(&entry);
        Some(entry)
    }

    /// Evicts up to `most` entries, as long as there are more than the bounds allow.
    fn shrink(&self, most: usize) -> Vec<(Entry, DropCause)> {
        let mut queues = self.queues.lock();
        let evicted: Vec<_> = queues.evict_excess().take(most).collect();
        for (entry, cause) in &evicted {
            self.forget(entry, *cause);
        }
        evicted
    }

    /// Removes those of the next entries that `is_over` finds past all use.
    fn sweep(&self, is_over: &dyn Fn(&Entry) -> bool) -> Sweep {
        let mut queues = self.queues.lock();
        let sweep = queues.sweep(BATCH, is_over);
        for entry in &sweep.over {
            self.forget(entry, DropCause::Expired);
        }
        sweep
    }
}

impl MemoryTier for S3Fifo {
    #[inline]
    fn get(&self, key: &Key) -> Option<Entry> {
        self.shards.get(key)
    }

    fn look(&self, key: &Key) -> Option<Entry> {
        self.shards.look(key)
    }

    fn insert(&self, entry: Entry) -> Left {
        let mut queues = self.queues.lock();
        let mut left = Left::default();
        if !queues.can_hold(&entry) {
            // The bound was lowered since the caller looked at it.
            left.extend(self.take(&mut queues, entry.key()));
            left.add(entry);
            return left;
        }
        let old = self.shards.replace(&entry);
        let kind = match &old {
            Some(old) => {
                (self.on_drop)(old, DropCause::Replaced);
                self.held.subtract(old);
                queues.replace(old, &entry)
            }
            None => Some(queues.kind_for(&entry)),
        };
        if let Some(kind) = kind {
            for (evicted, cause) in queues.evict_for(&entry) {
                self.forget(&evicted, cause);
                left.add(evicted);
            }
            if old.is_none() {
                self.shards.insert(entry.clone());
            }
            queues.push(kind, entry.clone());
        }
        left.extend(old);
        self.held.add(&entry);
        left
    }

    fn remove(&self, key: &StoredKey) -> Left {
        let mut queues = self.queues.lock();
        self.take(&mut queues, key).into_iter().collect()
    }

    fn clear(&self) {
        let mut queues = self.queues.lock();
        if queues.len() == 0 {
            return;
        }
        let cleared = (self.shards.take_all(), queues.take_all());
        self.held.subtract_bytes(cleared.1.bytes());
        drop(queues);
        // The smaller of two sets that clears have left is dropped here, after the locks: else
        // clears in a row would leave more than the bounds allow.
        let mut kept = self.cleared.lock();
        let smaller = match &mut *kept {
            Some(before) if before.1.len() < cleared.1.len() => mem::replace(before, cleared),
            Some(_) => cleared,
            None => {
                *kept = Some(cleared);
                return;
            }
        };
        drop(kept);
        drop(smaller);
    }

    fn evict(&self, bytes: u64) -> Left {
        let mut queues = self.queues.lock();
        let evicted = queues.evict_bytes(bytes);
        evicted.inspect(|entry| self.forget(entry, DropCause::Bytes)).collect()
    }

    fn resize(&self, bounds: Bounds) {
        self.queues.lock().set_bounds(bounds);
        while !self.shrink(BATCH).is_empty() {}
        self.shards.shrink();
    }

    fn tidy(&self, is_over: &dyn Fn(&Entry) -> bool) {
        let cleared = self.cleared.lock().take();
        drop(cleared);
        let mut sweeps = (0..TIDY_BATCHES).map(|_| self.sweep(is_over));
        while sweeps.next().is_some_and(|sweep| !sweep.is_last) {}
    }

    fn entries(&self) -> u64 {
        self.queues.lock().len() as u64
    }
}
