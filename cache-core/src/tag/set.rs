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
#[derive(Clone, Debug)]
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
pub(crate) struct TagSet {
    /// The values of tags and, behind them, the stamps.
    drawn: Box<[Drawn]>,
    /// The number of values. An entry has no stamps.
    values: usize,
}

impl TagSet {
    /// Creates a set of so many values, and the stamps behind them.
    pub(super) fn of(drawn: impl Iterator<Item = Drawn>, values: usize) -> Arc<Self> {
        Arc::new(Self { drawn: drawn.collect(), values })
    }

    /// Returns the tags of the entry of a load: the values `before` it, and those `returned`. `None`
    /// where there are none.
    pub(crate) fn of_entry(before: &Arc<Self>, returned: Option<&Self>) -> Option<Arc<Self>> {
        if before.drawn.len() == before.values && returned.is_none() {
            return Some(Arc::clone(before));
        }
        let values = before.values().iter().chain(returned.iter().flat_map(|set| set.values()));
        let drawn: Box<[Drawn]> = values.cloned().collect();
        let values = drawn.len();
        (values > 0).then(|| Arc::new(Self { drawn, values }))
    }

    /// Tells whether none of the tags was invalidated or has expired since. With stamps: whether
    /// none of the values of their tags has.
    #[inline]
    pub(crate) fn stands(&self) -> bool {
        self.drawn.iter().all(Drawn::stands)
    }

    /// Tells whether no stamp has ended since.
    pub(crate) fn stamps_stand(&self) -> bool {
        self.drawn.iter().skip(self.values).all(Drawn::stands)
    }

    /// Tells whether none of the values was invalidated since.
    pub(crate) fn is_valid(&self) -> bool {
        self.values().iter().all(Drawn::is_valid)
    }

    fn values(&self) -> &[Drawn] {
        self.drawn.get(..self.values).unwrap_or_default()
    }
}
