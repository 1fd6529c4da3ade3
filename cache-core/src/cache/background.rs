//! The loads of one cache that run in tasks of their own: bounded, and ended with their registry.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{
            AtomicUsize,
            Ordering::{AcqRel, Acquire},
        },
    },
    task::Poll,
};

use tokio::sync::Notify;

/// The most renewals of one cache at once that no caller waits for. Beyond it the origin is slow,
/// and more of them would only make it slower.
const MOST_OF_A_CACHE: usize = 64;
/// The same for all caches of the process.
const MOST: usize = 256;

/// The number of renewals of all caches.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// The loads of one cache in tasks of their own.
#[derive(Default)]
pub(crate) struct Background(Arc<State>);

#[derive(Default)]
struct State {
    /// The renewals that no caller waits for.
    renewals: AtomicUsize,
    /// All loads in tasks.
    loads: AtomicUsize,
    /// Told when a load has ended.
    ended: Notify,
    /// Told when renewals are to end.
    closed: Notify,
}

/// A load that runs in a task.
pub(crate) struct Running {
    state: Arc<State>,
    /// `true` for one that no caller waits for.
    is_renewal: bool,
}

impl Background {
    /// Begins a renewal that no caller waits for; `None` where there are too many.
    pub(crate) fn begin(&self) -> Option<Running> {
        let take = |counter: &AtomicUsize, most| {
            let next = |count: usize| (count < most).then_some(count + 1);
            counter.fetch_update(AcqRel, Acquire, next).is_ok()
        };
        if !take(&self.0.renewals, MOST_OF_A_CACHE) {
            return None;
        }
        if !take(&RUNNING, MOST) {
            self.0.renewals.fetch_sub(1, AcqRel);
            return None;
        }
        self.0.loads.fetch_add(1, AcqRel);
        Some(Running { state: Arc::clone(&self.0), is_renewal: true })
    }

    /// Begins a load for a caller, who may go away.
    pub(crate) fn begin_for_a_caller(&self) -> Running {
        self.0.loads.fetch_add(1, AcqRel);
        Running { state: Arc::clone(&self.0), is_renewal: false }
    }

    /// Returns the number of loads that run in tasks.
    pub(crate) fn running(&self) -> usize {
        self.0.loads.load(Acquire)
    }

    /// Waits until no load runs in a task.
    pub(crate) async fn finished(&self) {
        loop {
            let mut ended = pin!(self.0.ended.notified());
            // Registered before the count is read, so that an end in between is not missed.
            ended.as_mut().enable();
            if self.running() == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Ends the renewals that run.
    pub(crate) fn close(&self) {
        self.0.closed.notify_waiters();
    }
}

impl Running {
    /// Polls `load` until it is ready, or its cache closes while it is not awaited.
    pub(crate) async fn until_closed<T>(
        &self,
        is_awaited: impl Fn() -> bool,
        load: impl Future<Output = T>,
    ) -> Option<T> {
        let mut closed = pin!(self.state.closed.notified());
        closed.as_mut().enable();
        let mut is_closed = false;
        let mut load = pin!(load);
        poll_fn(|cx| {
            if let Poll::Ready(output) = load.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            is_closed = is_closed || closed.as_mut().poll(cx).is_ready();
            if is_closed && !is_awaited() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_renewal {
            self.state.renewals.fetch_sub(1, AcqRel);
            RUNNING.fetch_sub(1, AcqRel);
        }
        self.state.loads.fetch_sub(1, AcqRel);
        self.state.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewals_are_bounded_and_loads_for_callers_are_not() {
        let background = Background::default();
        let running: Vec<_> = std::iter::from_fn(|| background.begin()).collect();
        assert_eq!(running.len(), MOST_OF_A_CACHE);
        let for_a_caller = background.begin_for_a_caller();
        assert_eq!(background.running(), MOST_OF_A_CACHE + 1);
        drop((running, for_a_caller));
        assert_eq!(background.running(), 0);
        assert!(background.begin().is_some());
        // No other test begins renewals.
        let caches: Vec<_> = (0..=MOST / MOST_OF_A_CACHE).map(|_| Background::default()).collect();
        let begun = caches.iter().flat_map(|cache| std::iter::from_fn(|| cache.begin()));
        assert_eq!(begun.collect::<Vec<_>>().len(), MOST, "those of all caches together");
        assert_eq!(RUNNING.load(Acquire), 0);
    }
}
