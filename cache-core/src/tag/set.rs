//! The tags of one load, as they were before it began.

use std::sync::{
    Arc,
    atomic::{
        AtomicU64,
        Ordering::{Acquire, Release},
    },
};

/// Stands for a value that was invalidated.
const ENDED: u64 = u64::MAX;

/// A value of a tag, from one invalidation to the next.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// The number of times it has expired, or [`ENDED`]. It changes under the lock of the table.
    expiries: AtomicU64,
}

/// A cell, and how often it had expired before the load.
#[derive(Debug)]
pub(super) struct Drawn {
    cell: Arc<Cell>,
    expiries: u64,
}

impl Cell {
    /// Makes all entries invalid that have it.
    pub(super) fn end(&self) {
        self.expiries.store(ENDED, Release);
    }

    /// Makes all entries expire that have it.
    pub(super) fn expire(&self) {
        self.expiries.fetch_add(1, Release);
    }

    /// Returns it for a load that is about to begin.
    pub(super) fn draw(self: &Arc<Self>) -> Drawn {
        Drawn { cell: Arc::clone(self), expiries: self.expiries.load(Acquire) }
    }
}

impl Drawn {
    #[inline]
    fn stands(&self) -> bool {
        self.cell.expiries.load(Acquire) == self.expiries
    }

    fn is_valid(&self) -> bool {
        self.cell.expiries.load(Acquire) != ENDED
    }
}

/// The tags of one load, as they were before it began. Its entry is valid while none of them was
/// invalidated, and has expired once one of them has.
#[derive(Debug)]
pub(crate) struct TagSet(Box<[Drawn]>);

impl TagSet {
    pub(super) fn of(drawn: impl Iterator<Item = Drawn>) -> Arc<Self> {
        Arc::new(Self(drawn.collect()))
    }

    /// Tells whether none of the tags was invalidated or has expired since.
    #[inline]
    pub(crate) fn stands(&self) -> bool {
        self.0.iter().all(Drawn::stands)
    }

    /// Tells whether none of the tags was invalidated since.
    pub(crate) fn is_valid(&self) -> bool {
        self.0.iter().all(Drawn::is_valid)
    }
}
