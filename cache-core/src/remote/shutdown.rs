//! The end of a registry's work in the remote tier, and the work that waits.

use std::time::Duration;

use serde::Serialize;

/// The outcome of [`Caches::shutdown`](crate::Caches::shutdown), in invalidations. A queue that
/// was full has made one of all keys of a cache.
///
/// ```
/// use std::time::Duration;
///
/// use cachery::Caches;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let shutdown = Caches::isolated().shutdown(Duration::from_secs(5)).await;
/// assert_eq!((shutdown.done, shutdown.lost), (0, 0));
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shutdown {
    /// The number that the servers have acknowledged meanwhile: no node serves those values.
    pub done: usize,
    /// The number that the journal (`CACHE_JOURNAL`) keeps for the next process that uses it.
    pub kept: usize,
    /// The number that no server has acknowledged and that nothing keeps: once this process has
    /// ended, other nodes may serve those values to the end of their ttl.
    pub lost: usize,
}

impl Shutdown {
    /// Returns an outcome. For tiers.
    #[doc(hidden)]
    pub const fn new(done: usize, kept: usize, lost: usize) -> Self {
        Self { done, kept, lost }
    }
}

/// The invalidations that wait until their servers can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueuedInvalidations {
    /// Their number.
    pub length: usize,
    /// The time for which the oldest has waited; zero where none waits.
    pub oldest: Duration,
}
