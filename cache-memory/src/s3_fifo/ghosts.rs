//! The keys that have left lately.

use std::collections::HashSet;

use cachery_core::key::KeyHasher;

/// The hashes of keys that left the small queue lately. Two sets stand for the order of time: when
/// the recent one is full, the older one is forgotten.
#[derive(Default)]
pub(super) struct Ghosts {
    recent: HashSet<u64, KeyHasher>,
    older: HashSet<u64, KeyHasher>,
}

impl Ghosts {
    /// Adds a key by its hash. `most` is the size of a set.
    pub(super) fn add(&mut self, hash: u64, most: usize) {
        if self.recent.len() >= most {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(hash);
    }

    /// Removes a key by its hash. Returns false if it is not there.
    pub(super) fn remove(&mut self, hash: u64) -> bool {
        self.recent.remove(&hash) || self.older.remove(&hash)
    }
}
