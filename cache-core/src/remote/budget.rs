//! The time for which one call may wait for the remote tier, over all its requests.

use std::{
    future::Future,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::Reason;
use crate::clock::nanos;

/// The rest of a call's time for the remote tier. Waiting for another process's lease is not
/// counted.
///
/// Only its call spends it; it is an atomic so that an operation may borrow the fields beside it.
pub(crate) struct Budget(AtomicU64);

impl Budget {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self(AtomicU64::new(nanos(deadline)))
    }

    pub(crate) fn left(&self) -> Duration {
        Duration::from_nanos(self.0.load(Relaxed))
    }

    /// Runs `operation`, which begins now, within what is left, and takes off what it used.
    pub(crate) async fn spend<T, F>(
        &self,
        now: Instant,
        operation: impl FnOnce(Duration) -> F,
    ) -> Result<T, Reason>
    where
        F: Future<Output = Result<T, Reason>>,
    {
        let left = self.left();
        if left.is_zero() {
            return Err(Reason::Timeout);
        }
        let result = operation(left).await;
        self.0.store(nanos(left.saturating_sub(now.elapsed())), Relaxed);
        result
    }
}
