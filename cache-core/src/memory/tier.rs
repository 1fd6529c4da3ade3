//! The memory tier as the core sees it. Engines live in crates of their own and announce
//! themselves.

use std::sync::Arc;

use cachery_syntax::{Engine, Eviction};
use linkme::distributed_slice;
use smallvec::SmallVec;

use super::held_bytes::HeldBytes;
use crate::{
    entry::Entry,
    key::{Key, StoredKey},
};

/// The memory of one call site: typed entries by key, bounded, in this process.
///
/// An engine keeps the bounds; whether an entry may still serve a call is the caller's decision, on
/// its own clock. Methods never block for long, and call back only by [`MemoryOptions::on_drop`]. A
/// value's `Drop` is the user's code, so no method runs it under a lock, neither the caller's nor
/// the engine's own: `insert` and `remove` return the entries that left, and the other methods are
/// called without a lock.
pub trait MemoryTier: Send + Sync {
    /// Returns the entry stored for `key`. Allocates nothing. The caller checks its age.
    fn get(&self, key: &Key) -> Option<Entry>;

    /// Returns the entry stored for `key`, for somebody who looks from outside: the order of
    /// eviction stays as it is. May take long.
    fn look(&self, key: &Key) -> Option<Entry>;

    /// Stores `entry` for its key in place of any other. A following `get` finds it, unless the
    /// tier is full and keeps entries that are worth more. Returns the entries that left.
    fn insert(&self, entry: Entry) -> Left;

    /// Removes `key`, and returns its entry. A following `get` finds nothing.
    fn remove(&self, key: &StoredKey) -> Left;

    /// Removes all present entries. The caller has made them invalid already. Takes the same time
    /// for any number of entries; the next [`tidy`](Self::tidy) gives their memory back, or the
    /// next `clear`, so that there is never more to give back than the bounds allow.
    fn clear(&self);

    /// Lets entries leave that take `bytes` together, or a few more, or all that there are. Returns
    /// them.
    fn evict(&self, bytes: u64) -> Left;

    /// Brings the tier to other bounds. Entries that fit stay. Called by one thread at a time.
    fn resize(&self, bounds: Bounds);

    /// Does a short step of housekeeping: gives memory back, also that of entries that `is_over`
    /// finds past all use. Called twice a second, by one thread at a time.
    fn tidy(&self, is_over: &dyn Fn(&Entry) -> bool);

    /// Returns the exact number of entries.
    fn entries(&self) -> u64;
}

/// The entries that left a tier, to be dropped where no lock is held.
#[must_use = "a value's `Drop` is the user's code: it must not run under a lock"]
#[derive(Debug, Default)]
pub struct Left(SmallVec<[Entry; 2]>);

impl Left {
    /// Tells whether nothing left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: Entry) {
        self.0.push(entry);
    }
}

impl Extend<Entry> for Left {
    fn extend<I: IntoIterator<Item = Entry>>(&mut self, entries: I) {
        self.0.extend(entries);
    }
}

impl IntoIterator for Left {
    type Item = Entry;
    type IntoIter = smallvec::IntoIter<[Entry; 2]>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Entry> for Left {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// The bounds of the memory of one call site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// The most entries that it may hold.
    pub capacity: u64,
    /// The most bytes of its entries together. An entry that has more is not stored.
    pub max_bytes: Option<u64>,
}

impl Bounds {
    /// Creates bounds for so many entries, of any size.
    pub fn new(capacity: u64) -> Self {
        Self { capacity, max_bytes: None }
    }

    /// Sets the most bytes.
    #[must_use]
    pub fn max_bytes(self, max_bytes: Option<u64>) -> Self {
        Self { max_bytes, ..self }
    }
}

/// The settings with which an engine opens the memory of one call site.
#[non_exhaustive]
pub struct MemoryOptions {
    /// The bounds, until `resize` changes them.
    pub bounds: Bounds,
    /// The rule of eviction, where the engine has a choice.
    pub eviction: Eviction,
    /// Called once for each entry that leaves by itself: not for `remove` and `clear`. May be
    /// called under a lock of the engine.
    pub on_drop: OnDrop,
    /// The count of the bytes in the tier, which the engine keeps.
    pub held: HeldBytes,
}

impl MemoryOptions {
    /// Creates options.
    pub fn new(bounds: Bounds, on_drop: OnDrop) -> Self {
        Self { bounds, eviction: Eviction::default(), on_drop, held: HeldBytes::default() }
    }
}

/// The observer of entries that leave.
pub type OnDrop = Arc<dyn Fn(&Entry, DropCause) + Send + Sync>;

/// The cause for which an entry left the tier by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropCause {
    /// It was past all use.
    Expired,
    /// The tier held as many entries as it may.
    Size,
    /// The entries had too many bytes.
    Bytes,
    /// Another entry was stored for its key.
    Replaced,
}

/// An engine, announced by its crate.
pub struct MemoryBackend {
    /// The name under which it is chosen.
    pub engine: Engine,
    /// Opens the memory of one call site.
    pub open: fn(MemoryOptions) -> Box<dyn MemoryTier>,
}

/// The engines linked into this program.
#[distributed_slice]
pub static MEMORY_BACKENDS: [MemoryBackend];

/// Opens the memory of one call site on `engine`, or [`NoMemory`] where that is not linked.
pub(super) fn open(engine: Engine, options: MemoryOptions) -> Box<dyn MemoryTier> {
    match MEMORY_BACKENDS.iter().find(|backend| backend.engine == engine) {
        Some(backend) => (backend.open)(options),
        None => Box::new(NoMemory),
    }
}

/// The tier of a program without the `memory` feature: it holds nothing. Concurrent callers still
/// share loads.
#[derive(Clone, Copy, Debug)]
pub struct NoMemory;

impl MemoryTier for NoMemory {
    fn get(&self, _: &Key) -> Option<Entry> {
        None
    }

    fn look(&self, _: &Key) -> Option<Entry> {
        None
    }

    fn insert(&self, entry: Entry) -> Left {
        Left::from_iter([entry])
    }

    fn remove(&self, _: &StoredKey) -> Left {
        Left::default()
    }

    fn clear(&self) {}

    fn evict(&self, _: u64) -> Left {
        Left::default()
    }

    fn resize(&self, _: Bounds) {}

    fn tidy(&self, _: &dyn Fn(&Entry) -> bool) {}

    fn entries(&self) -> u64 {
        0
    }
}
