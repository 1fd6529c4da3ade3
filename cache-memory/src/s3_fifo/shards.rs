//! The entries by key, in tables with a lock each.

use std::{
    num::NonZero,
    sync::{LazyLock, atomic::Ordering::Relaxed},
    thread,
};

use cachery_core::{
    Entry,
    key::{Key, StoredKey},
};
use crossbeam_utils::CachePadded;
use equivalent::Equivalent as _;
use hashbrown::HashTable;
use parking_lot::RwLock;

/// Shards for each processor, so that two threads seldom meet at a lock.
const SHARDS_PER_PROCESSOR: usize = 8;
/// The fewest and the most shards: each takes a cache line or two.
const SHARDS: std::ops::RangeInclusive<usize> = 16..=64;
/// The mark of an entry that is asked for often. Each hit adds one up to it.
pub(super) const HIGHEST_MARK: u8 = 3;

/// Entries by the hashes of their keys.
pub(super) type Table = HashTable<Slot>;

/// An entry, with its hash beside it: a table that grows need not look into its entries.
pub(super) struct Slot {
    hash: u64,
    entry: Entry,
}

/// The entries by key, in tables with a lock each.
pub(super) struct Shards(Box<[CachePadded<RwLock<Table>>]>);

/// Returns the slot of `key`, also among others of its hash.
#[cold]
fn of_same_hash<'a>(table: &'a Table, key: &Key) -> Option<&'a Slot> {
    table.find(key.hash64(), |slot| key.equivalent(slot.entry.key()))
}

/// Marks an entry as asked for, and returns it.
#[inline]
fn asked_for(entry: &Entry) -> Entry {
    let mark = &entry.notes().mark;
    let marked = mark.load(Relaxed);
    if marked < HIGHEST_MARK {
        mark.store(marked + 1, Relaxed);
    }
    entry.clone()
}

impl Shards {
    pub(super) fn new() -> Self {
        static COUNT: LazyLock<usize> = LazyLock::new(|| {
            let processors = thread::available_parallelism().map_or(1, NonZero::get);
            let count = (processors * SHARDS_PER_PROCESSOR).next_power_of_two();
            count.clamp(*SHARDS.start(), *SHARDS.end())
        });
        Self((0..*COUNT).map(|_| CachePadded::default()).collect())
    }

    /// Returns the shard of the keys with this hash. The table inside uses the lowest and the
    /// highest bits.
    #[inline]
    fn of(&self, hash: u64) -> &RwLock<Table> {
        &self.0[(hash >> 32) as usize & (self.0.len() - 1)]
    }

    /// Returns the entry of `key`, and marks it as asked for.
    #[inline]
    pub(super) fn get(&self, key: &Key) -> Option<Entry> {
        let hash = key.hash64();
        let table = self.of(hash).read();
        // Keys of one hash hardly exist: the table is asked for the hash alone, and the key is
        // compared once.
        let Slot { entry, .. } = table.find(hash, |slot| slot.hash == hash)?;
        if key.equivalent(entry.key()) {
            return Some(asked_for(entry));
        }
        of_same_hash(&table, key).map(|slot| asked_for(&slot.entry))
    }

    /// Returns the entry of `key`, and marks nothing.
    pub(super) fn look(&self, key: &Key) -> Option<Entry> {
        let hash = key.hash64();
        let table = self.of(hash).read();
        of_same_hash(&table, key).map(|slot| slot.entry.clone())
    }

    /// Puts `entry` in the place of the one of its key, and returns that. Without one, it does
    /// nothing.
    pub(super) fn replace(&self, entry: &Entry) -> Option<Entry> {
        let hash = entry.key().hash64();
        let mut table = self.of(hash).write();
        let slot = table.find_mut(hash, |slot| slot.entry.key() == entry.key())?;
        Some(std::mem::replace(&mut slot.entry, entry.clone()))
    }

    /// Adds an entry whose key has none.
    pub(super) fn insert(&self, entry: Entry) {
        let hash = entry.key().hash64();
        self.of(hash).write().insert_unique(hash, Slot { hash, entry }, |slot| slot.hash);
    }

    /// Removes the entry of `key`.
    pub(super) fn remove(&self, key: &StoredKey) -> Option<Entry> {
        let hash = key.hash64();
        let mut table = self.of(hash).write();
        let slot = table.find_entry(hash, |slot| slot.entry.key() == key).ok()?;
        Some(slot.remove().0.entry)
    }

    /// Leaves empty tables behind.
    pub(super) fn take_all(&self) -> Vec<Table> {
        self.0.iter().map(|table| std::mem::take(&mut *table.write())).collect()
    }

    /// Gives back the memory of tables that have become too large.
    pub(super) fn shrink(&self) {
        for table in &self.0 {
            table.write().shrink_to_fit(|slot| slot.hash);
        }
    }
}
