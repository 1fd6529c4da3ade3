//! What the callers have counted.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use serde::Serialize;

/// Requests that were answered, and those that were not, of all callers.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Counts {
    /// Pages of one text. Each asks seven caches.
    pub(crate) feedback: AtomicU64,
    /// Pages of one product. Each asks three caches.
    pub(crate) products: AtomicU64,
    /// Changes of a text.
    pub(crate) updates: AtomicU64,
    /// Requests that another node served, because the first one could not be reached.
    pub(crate) elsewhere: AtomicU64,
    /// Requests that no node served.
    pub(crate) failed: AtomicU64,
    /// Changes that a page did not show in time.
    pub(crate) stale: AtomicU64,
}

impl Counts {
    /// Tells whether all went well.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        match (self.failed.load(SeqCst), self.stale.load(SeqCst)) {
            (0, 0) => Ok(()),
            (failed, stale) => Err(format!("{failed} calls failed, {stale} changes were not seen")),
        }
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, SeqCst);
}
