//! The breaker as callers meet it: one atomic load while all is well.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::watch;

use crate::breaker::Breaker;

/// A server's breaker.
pub(super) struct Circuit {
    breaker: Mutex<Breaker>,
    /// Whether the breaker has anything in mind; while it has not, nobody locks it.
    troubled: AtomicBool,
    closed: watch::Sender<bool>,
}

impl Circuit {
    pub(super) fn new() -> Self {
        let closed = watch::Sender::new(true);
        Self { breaker: Mutex::default(), troubled: AtomicBool::new(false), closed }
    }

    /// Whether requests may be sent.
    pub(super) fn admits(&self) -> bool {
        !self.troubled.load(Ordering::Acquire) || self.breaker().admits()
    }

    /// Where it stands.
    pub(super) fn state(&self) -> cachery_core::Breaker {
        self.breaker().state()
    }

    /// A request was answered.
    pub(super) fn answered(&self) {
        if self.troubled.load(Ordering::Relaxed) {
            self.change(Breaker::answered);
        }
    }

    /// A request failed. Tells whether that opened the breaker.
    pub(super) fn failed(&self) -> bool {
        self.change(Breaker::failed)
    }

    /// A probe is on its way. Tells whether one was wanted.
    pub(super) fn probing(&self) -> bool {
        self.change(Breaker::probing)
    }

    /// The probe came to nothing.
    pub(super) fn refused(&self) -> bool {
        self.change(Breaker::refused)
    }

    /// The server works. Tells whether that closed the breaker.
    pub(super) fn close(&self) -> bool {
        self.change(Breaker::close)
    }

    /// Waits until requests may be sent.
    pub(super) async fn closed(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    fn change<T>(&self, change: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut breaker = self.breaker();
        let told = change(&mut breaker);
        self.troubled.store(!breaker.is_untroubled(), Ordering::Release);
        self.closed
            .send_if_modified(|closed| std::mem::replace(closed, breaker.admits()) != breaker.admits());
        told
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
