//! The memory tier as the core sees it. Backends live in crates of their own and announce
//! themselves.

use std::{sync::Arc, time::Duration};

use linkme::distributed_slice;

use crate::{
    entry::Entry,
    key::{Key, StoredKey},
};

/// The memory of one call site: typed entries by key, bounded, in this process.
///
/// A tier keeps capacity and drops entries that are past all use; whether an entry may still serve a
/// call is the caller's decision, on its own clock. Methods never block for long and never call back
/// into a cache, except by [`MemoryOptions::on_drop`].
pub trait MemoryTier: Send + Sync {
    /// Returns the entry stored for `key`. Allocates nothing. The caller checks its age.
    fn get(&self, key: &Key) -> Option<Entry>;

    /// Records a hit of `key` that the tier did not see: the key is worth keeping.
    fn touch(&self, key: &StoredKey);

    /// Stores `entry` for its key in place of any other. A following `get` finds it, unless the tier
    /// is full and holds keys that are asked for more often.
    fn insert(&self, entry: Entry);

    /// Removes `key`. A following `get` finds nothing.
    fn remove(&self, key: &StoredKey);

    /// Gives the memory of all present entries back, soon. The caller has made them invalid already.
    fn clear(&self);

    /// Shows each entry that is held. An entry stored or removed meanwhile may be shown or not.
    fn for_each(&self, show: &mut dyn FnMut(&Entry));

    /// Tells whether this very `entry` is the one that is held for its key.
    fn holds(&self, entry: &Entry) -> bool;

    /// Returns the number of entries, after pending maintenance.
    fn entries(&self) -> u64;
}

/// The settings with which a backend opens the memory of one call site.
#[non_exhaustive]
pub struct MemoryOptions {
    /// The most entries that it may hold.
    pub capacity: u64,
    /// The real time after which an entry is past all use and its memory may be given back. At most
    /// a century. `None`: never, or real time says nothing (a test's clock).
    pub ttl: Option<Duration>,
    /// Called once for each entry that leaves by itself: not for `remove` and `clear`.
    pub on_drop: OnDrop,
}

/// The observer of entries that leave.
pub type OnDrop = Arc<dyn Fn(&Entry, DropCause) + Send + Sync>;

/// The cause for which an entry left the tier by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropCause {
    /// Its time was over.
    Expired,
    /// The tier was full.
    Size,
    /// Another entry was stored for its key.
    Replaced,
}

/// A kind of memory tier, announced by its crate.
pub struct MemoryBackend {
    /// Opens the memory of one call site.
    pub open: fn(MemoryOptions) -> Arc<dyn MemoryTier>,
}

/// The memory backends linked into this program. The first one serves.
#[distributed_slice]
pub static MEMORY_BACKENDS: [MemoryBackend];

/// Opens the memory of one call site on the linked backend, or [`NoMemory`].
pub(super) fn open(options: MemoryOptions) -> Arc<dyn MemoryTier> {
    match MEMORY_BACKENDS.first() {
        Some(backend) => (backend.open)(options),
        None => Arc::new(NoMemory),
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

    fn touch(&self, _: &StoredKey) {}

    fn insert(&self, _: Entry) {}

    fn remove(&self, _: &StoredKey) {}

    fn clear(&self) {}

    fn for_each(&self, _: &mut dyn FnMut(&Entry)) {}

    fn holds(&self, _: &Entry) -> bool {
        false
    }

    fn entries(&self) -> u64 {
        0
    }
}
