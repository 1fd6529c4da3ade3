//! The tags of one load, as they were before it began.

use std::sync::{
    Arc,
    atomic::{
        AtomicBool,
        Ordering::{Acquire, Release},
    },
};

/// A value of a tag, from one invalidation to the next.
#[derive(Debug, Default)]
pub(super) struct Cell {
    has_ended: AtomicBool,
}

impl Cell {
    /// Makes all entries invalid that have it.
    pub(super) fn end(&self) {
        self.has_ended.store(true, Release);
    }

    #[inline]
    fn stands(&self) -> bool {
        !self.has_ended.load(Acquire)
    }
}

/// The tags of one load, as they were before it began. Its entry is valid while all of them stand.
#[derive(Debug)]
pub(crate) struct TagSet(Box<[Arc<Cell>]>);

impl TagSet {
    pub(super) fn of(cells: impl Iterator<Item = Arc<Cell>>) -> Arc<Self> {
        Arc::new(Self(cells.collect()))
    }

    /// Tells whether none of the tags was invalidated since.
    #[inline]
    pub(crate) fn stands(&self) -> bool {
        self.0.iter().all(|cell| cell.stands())
    }
}
