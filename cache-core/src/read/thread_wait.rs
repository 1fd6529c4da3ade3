//! The wait of a thread for a flight.
//!
//! A thread that is parked polls no task. So it waits for loads of other threads, which go on by
//! themselves; and for loads of tasks only where it cannot be the one that must poll them.

use std::{
    future::{Future as _, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use crate::{
    cache::{Cache, Outcome},
    clock::Moment,
    flight::{Follower, Wakeup},
    policy::FLIGHT_WAIT,
    runtime,
};

/// The circumstances in which a thread waits.
#[derive(Clone, Copy)]
pub(super) struct ThreadWait {
    /// `true` if any task may need the thread.
    in_runtime: bool,
}

/// The end of a thread's wait.
pub(super) enum Waited {
    /// A message came.
    InTime(Option<Wakeup<Outcome>>),
    /// A message came when the wait for the leader was over.
    TooLong(Option<Wakeup<Outcome>>),
    /// The wait could have been for this thread.
    InVain,
}

impl ThreadWait {
    /// Returns the circumstances of this thread.
    pub(super) fn here() -> Self {
        Self { in_runtime: runtime::is_here() }
    }

    /// Waits for the flight as long as a task would. Its loads may begin to wait for others
    /// meanwhile, and the clock tells nobody of the time: [`park`](crate::park::park) polls this
    /// again and again.
    pub(super) async fn for_flight(
        self,
        cache: &Cache,
        follower: &mut Follower<Outcome>,
    ) -> Waited {
        let last = cache.clock.now() + cache.flight_wait_max();
        let mut stopped = false;
        poll_fn(|cx| self.poll(cx, cache, follower, last, &mut stopped)).await
    }

    fn poll(
        self,
        cx: &mut Context<'_>,
        cache: &Cache,
        follower: &mut Follower<Outcome>,
        last: Moment,
        stopped: &mut bool,
    ) -> Poll<Waited> {
        let wakeup = pin!(follower.wakeup()).poll(cx);
        if wakeup.is_ready() {
            return wakeup.map(if *stopped { Waited::TooLong } else { Waited::InTime });
        }
        if follower.needs_this_thread(self.in_runtime) {
            return Poll::Ready(Waited::InVain);
        }
        let now = cache.clock.now();
        let end = last.min(follower.idle_since().unwrap_or(now) + FLIGHT_WAIT);
        if end <= now && !*stopped {
            *stopped = true;
            // A permit that is free comes as a message, and wakes this thread.
            follower.stop_waiting();
        }
        Poll::Pending
    }
}
