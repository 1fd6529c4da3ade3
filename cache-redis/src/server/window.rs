//! The window of a connection: so many requests are on their way at once, and the others wait for
//! their turn. So a burst spends its time in our queue, which no budget counts, and not on the
//! server.

use std::{
    pin::{Pin, pin},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, Sleep},
};

use crate::{connection::RequestError, manager};

/// The most requests that are on their way. A server replies to so many within some milliseconds,
/// and a network with a round trip of 10 ms carries 25,000 a second.
const SIZE: usize = 256;
/// A caller waits for its turn for so many budgets at most, while others get replies.
const MOST_BUDGETS: u32 = 20;

/// The window of a connection.
pub(super) struct Window {
    turns: Semaphore,
    /// The number of callers who wait.
    waiting: AtomicUsize,
    /// The last time that a caller who had waited got its turn.
    moved: Mutex<Instant>,
}

impl Window {
    pub(super) fn new() -> Self {
        let moved = Mutex::new(Instant::now());
        Self { turns: Semaphore::new(SIZE), waiting: AtomicUsize::new(0), moved }
    }

    /// Counts the requests on their way.
    pub(super) fn on_their_way(&self) -> usize {
        SIZE - self.turns.available_permits()
    }

    /// Counts the callers who wait for a turn.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Relaxed)
    }

    /// Takes a turn, if one is free.
    pub(super) fn try_enter(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.try_acquire().ok()
    }

    /// Waits for a turn, as long as others get theirs. From then on all of `within` is left.
    pub(super) async fn enter(
        &self,
        mut deadline: Pin<&mut Sleep>,
        within: Duration,
    ) -> Result<SemaphorePermit<'_>, RequestError> {
        self.waiting.fetch_add(1, Relaxed);
        let _waiting = scopeguard::guard((), |()| _ = self.waiting.fetch_sub(1, Relaxed));
        let mut turn = pin!(self.turns.acquire());
        for _ in 0..MOST_BUDGETS {
            let began = Instant::now();
            deadline.as_mut().reset(began + within);
            if let Some(turn) = manager::until(deadline.as_mut(), turn.as_mut()).await {
                let now = Instant::now();
                *self.moved.lock() = now;
                deadline.reset(now + within);
                // It is never closed.
                return turn.map_err(|_| RequestError::CONNECTING);
            }
            if *self.moved.lock() + within < began {
                break;
            }
        }
        Err(RequestError::TIMEOUT)
    }
}
