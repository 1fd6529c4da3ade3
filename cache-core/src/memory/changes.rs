//! Counts of what changed in memory, by group of keys.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};

use crate::key::{Key, StoredKey};

/// Groups of keys of one cache: so many that the changes of other keys seldom count for one.
const GROUPS: usize = 1024;

/// The number of changes in each group of keys. A value that was read elsewhere is as new as memory
/// while its key's group has not changed.
pub(super) struct Changes(Box<[AtomicU64]>);

/// A lookup elsewhere, with the changes in its key's group before it began.
pub(crate) struct Lookup {
    group: usize,
    changes: u64,
}

impl Changes {
    /// Creates the counts of a cache whose values are looked up elsewhere, too.
    pub(super) fn counted() -> Self {
        Self((0..GROUPS).map(|_| AtomicU64::new(0)).collect())
    }

    /// Creates none: nobody asks for them.
    pub(super) fn uncounted() -> Self {
        Self(Box::default())
    }

    /// Begins a lookup of `key`.
    pub(super) fn lookup(&self, key: &Key) -> Lookup {
        let group = group(key.hash64());
        Lookup { group, changes: self.of(group) }
    }

    /// Tells whether nothing changed in the key's group since the lookup began.
    pub(super) fn is_unchanged_since(&self, lookup: &Lookup) -> bool {
        self.of(lookup.group) == lookup.changes
    }

    /// Counts a change of `key`. To be called under its lock.
    pub(super) fn changed(&self, key: &StoredKey) {
        if let Some(changes) = self.0.get(group(key.hash64())) {
            changes.fetch_add(1, Release);
        }
    }

    fn of(&self, group: usize) -> u64 {
        self.0.get(group).map_or(0, |changes| changes.load(Acquire))
    }
}

/// Returns the group of the keys with this hash.
#[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
fn group(hash: u64) -> usize {
    (hash % GROUPS as u64) as usize
}
