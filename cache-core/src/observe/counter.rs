//! A counter that only grows.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A counter that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// Adds one. Returns whether it is the first.
    pub(super) fn add_first(&self) -> bool {
        self.0.fetch_add(1, Relaxed) == 0
    }

    /// Adds as [`add`](Self::add) does, for the only thread that ever adds to this counter.
    #[inline]
    pub(super) fn add_alone(&self, n: u64) {
        self.0.store(self.get().wrapping_add(n), Relaxed);
    }

    #[inline]
    pub(super) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
