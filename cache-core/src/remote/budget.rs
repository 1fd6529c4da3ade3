//! How long one call may wait for the remote tier, over all that it asks there.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use super::Unavailable;

/// What is left of a call's time for the remote tier. Waiting for another process's lease is not counted.
pub(crate) struct Budget(Duration);

impl Budget {
    pub(crate) fn new(deadline: Duration) -> Self {
        Self(deadline)
    }

    pub(crate) fn left(&self) -> Duration {
        self.0
    }

    /// Runs `operation` within what is left, and takes off what it used.
    pub(crate) async fn spend<T, F>(
        &mut self,
        operation: impl FnOnce(Duration) -> F,
    ) -> Result<T, Unavailable>
    where
        F: Future<Output = Result<T, Unavailable>>,
    {
        if self.0.is_zero() {
            return Err(Unavailable("timeout"));
        }
        let began = Instant::now();
        let result = operation(self.0).await;
        self.0 = self.0.saturating_sub(began.elapsed());
        result
    }
}
