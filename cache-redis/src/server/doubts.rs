//! Doubts about a server: requests that ran out of time. A burst or a large value may be the cause,
//! so the link asks the server before the breaker opens.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// The requests that ran out of time since the link asked last.
#[derive(Default)]
pub(super) struct Doubts {
    is_watched: AtomicBool,
    added: Notify,
}

impl Doubts {
    /// Adds a request that ran out of time. Returns false when no link is there to ask the server.
    pub(super) fn add(&self) -> bool {
        let is_watched = self.is_watched.load(Ordering::Acquire);
        if is_watched {
            self.added.notify_one();
        }
        is_watched
    }

    /// Waits for a doubt. One wait serves all that were added before.
    pub(super) async fn added(&self) {
        self.added.notified().await;
    }

    /// Notes that the link can ask the server from now on, until the guard is dropped.
    pub(super) fn watch(&self) -> Watched<'_> {
        self.is_watched.store(true, Ordering::Release);
        Watched(self)
    }
}

/// The time in which a link can ask its server.
pub(super) struct Watched<'a>(&'a Doubts);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.is_watched.store(false, Ordering::Release);
    }
}
