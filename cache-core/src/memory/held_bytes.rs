//! The count of the bytes that entries take.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use crate::entry::Entry;

/// The bytes of the entries in one tier, which count for all tiers of a registry, too.
///
/// An engine adds an entry once it has made room for it, and subtracts one that leaves: so the
/// count is never above a bound that the engine keeps.
#[derive(Clone, Debug, Default)]
pub struct HeldBytes(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    own: AtomicU64,
    all: Arc<AtomicU64>,
}

impl HeldBytes {
    /// Creates the count of one tier, whose bytes count in `all`, too.
    pub(super) fn counted_in(all: Arc<AtomicU64>) -> Self {
        Self(Arc::new(Counts { own: AtomicU64::default(), all }))
    }

    /// Adds the bytes of an entry.
    pub fn add(&self, entry: &Entry) {
        self.0.own.fetch_add(entry.bytes(), SeqCst);
        self.0.all.fetch_add(entry.bytes(), SeqCst);
    }

    /// Subtracts the bytes of an entry.
    pub fn subtract(&self, entry: &Entry) {
        self.subtract_bytes(entry.bytes());
    }

    /// Subtracts the bytes of several entries.
    pub fn subtract_bytes(&self, bytes: u64) {
        self.0.own.fetch_sub(bytes, SeqCst);
        self.0.all.fetch_sub(bytes, SeqCst);
    }

    /// Returns the bytes of the tier.
    pub fn get(&self) -> u64 {
        read(&self.0.own)
    }
}

/// Reads a count. One that wraps is below zero: an entry left before its engine had added it.
pub(super) fn read(count: &AtomicU64) -> u64 {
    let bytes = count.load(SeqCst);
    if bytes > i64::MAX as u64 { 0 } else { bytes }
}
