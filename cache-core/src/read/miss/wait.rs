//! The wait of a miss for the load of another caller.

use super::{Caller, Miss};
use std::{ops::ControlFlow, sync::Arc};

use tracing::{Instrument as _, Span};

use crate::read::{
    soft_timeout::SoftTimeout,
    thread_wait::{ThreadWait, Waited},
};
use crate::{
    cache::Outcome,
    entry::Entry,
    flight::{Follower, Wakeup},
    observe,
    policy::FLIGHT_WAIT,
};

impl Miss {
    /// Gets the permit to load at once where the value would not be shared, and else follows.
    pub(super) async fn load_beside_or_follow(
        &mut self,
        follower: Follower<Outcome>,
    ) -> Option<Wakeup<Outcome>> {
        // Asked after the caller has joined: a load that ends before wakes all who have.
        if self.cache.declines(follower.key()) {
            self.count_miss();
            return follower.load_now().await;
        }
        self.follow(follower).await
    }

    /// Waits for the flight while its load makes progress, for a bounded time, and then for the
    /// permit to load.
    async fn follow(&mut self, mut follower: Follower<Outcome>) -> Option<Wakeup<Outcome>> {
        self.count_miss();
        if let Some(remote) = &mut self.remote {
            // The state that was read before the wait may be over.
            remote.forget_read();
        }
        let span = observe::wait_span(self.cache.site.name);
        if let Caller::Thread(wait) = self.caller {
            return self.follow_by_thread(follower, wait, &span).await;
        }
        let waited = self.wait(&mut follower).instrument(span.clone()).await;
        if let ControlFlow::Break(wakeup) = waited {
            link(&span, &follower);
            return wakeup;
        }
        self.load_beside();
        follower.stop_waiting();
        let wakeup = match self.soft_timeout() {
            None => follower.wakeup().instrument(span.clone()).await,
            Some(soft) => {
                let wakeup = Box::pin(follower.wakeup().instrument(span.clone()));
                match soft.within(wakeup).await {
                    Ok(wakeup) => wakeup,
                    Err(entry) => Some(self.over(entry)),
                }
            }
        };
        link(&span, &follower);
        wakeup
    }

    /// Returns the moment from which the call takes the old value, if it has one.
    pub(super) fn soft_timeout(&self) -> Option<SoftTimeout> {
        let standby = self.standby.as_ref()?.without_claim();
        let soft_timeout = SoftTimeout::new(Arc::clone(&self.cache), standby, self.soft_end?);
        Some(soft_timeout.noted(&self.note, true))
    }

    /// Ends the wait with the old value.
    fn over(&mut self, entry: Entry) -> Wakeup<Outcome> {
        self.is_over = true;
        Wakeup::Landed(Outcome::Standby(entry))
    }

    /// Waits for the flight as a thread does, and loads beside it where the wait could be for this
    /// very thread.
    async fn follow_by_thread(
        &mut self,
        mut follower: Follower<Outcome>,
        wait: ThreadWait,
        span: &Span,
    ) -> Option<Wakeup<Outcome>> {
        let waited = wait.for_flight(&self.cache, &mut follower).instrument(span.clone()).await;
        link(span, &follower);
        match waited {
            Waited::InTime(wakeup) => wakeup,
            Waited::TooLong(wakeup) => {
                self.load_beside();
                wakeup
            }
            Waited::InVain => {
                self.load_beside();
                follower.load_now().await
            }
        }
    }

    /// Makes the load that comes run beside those of other processes.
    fn load_beside(&mut self) {
        if let Some(remote) = &mut self.remote {
            remote.load_beside();
        }
    }

    /// Waits for the flight until its load was idle for too long, or the longest wait is over.
    async fn wait(
        &mut self,
        follower: &mut Follower<Outcome>,
    ) -> ControlFlow<Option<Wakeup<Outcome>>> {
        match self.soft_timeout() {
            None => self.wait_for_load(follower).await,
            Some(soft) => match soft.within(Box::pin(self.wait_for_load(follower))).await {
                Ok(wakeup) => wakeup,
                Err(entry) => ControlFlow::Break(Some(self.over(entry))),
            },
        }
    }

    async fn wait_for_load(
        &self,
        follower: &mut Follower<Outcome>,
    ) -> ControlFlow<Option<Wakeup<Outcome>>> {
        let clock = &self.cache.clock;
        let last = clock.now() + self.cache.flight_wait_max();
        loop {
            // Nobody tells when the load stops being polled; one that waits now is looked at again
            // before it can have been idle for too long.
            let now = clock.now();
            let end = last.min(follower.idle_since().unwrap_or(now) + FLIGHT_WAIT);
            if end <= now {
                return ControlFlow::Continue(());
            }
            if let Some(wakeup) = clock.timeout(end.since(now), follower.wakeup()).await {
                return ControlFlow::Break(wakeup);
            }
        }
    }
}

/// Links the span of a wait to the load that it was for.
fn link(wait: &Span, follower: &Follower<Outcome>) {
    if !wait.is_disabled()
        && let Some(load) = follower.load_span()
    {
        wait.follows_from(&*load);
    }
}
