//! Which server owns which slot.

use std::sync::atomic::{AtomicU16, Ordering};

/// So many slots has a Redis Cluster. A single server owns them all.
pub(crate) const SLOTS: usize = 16_384;

/// The number of each slot's server; 0 for nobody's.
pub(crate) struct Slots(Box<[AtomicU16]>);

impl Slots {
    /// All slots belong to `number`.
    pub(crate) fn all(number: u16) -> Self {
        Self((0..SLOTS).map(|_| AtomicU16::new(number)).collect())
    }

    pub(crate) fn owner(&self, slot: u16) -> u16 {
        self.0.get(usize::from(slot)).map_or(0, |owner| owner.load(Ordering::Acquire))
    }

    /// Gives `slot` to `number` and returns whose it was.
    pub(crate) fn give(&self, slot: u16, number: u16) -> u16 {
        self.0.get(usize::from(slot)).map_or(0, |owner| owner.swap(number, Ordering::AcqRel))
    }
}
