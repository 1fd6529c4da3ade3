//! The progress of a load: it is polled, waits to be woken, or could run and is not polled.

use std::{
    task::{Context, Poll, Wake, Waker},
    thread::{self, ThreadId},
    time::Duration,
};

use crate::{
    clock::{Clock, Moment},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The progress of one load: shared by its permit, by its flight, and by the wakers that it is
/// polled with.
pub(crate) struct Progress {
    clock: Clock,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    /// The waker of the last poll.
    waker: Option<Waker>,
    waits: Vec<Arc<dyn Wait>>,
    driver: Driver,
}

/// The code that polls a load.
#[derive(Clone, Copy, PartialEq)]
enum Driver {
    /// A task, which this thread has polled last; `None` before the first poll.
    Task(Option<ThreadId>),
    /// A thread of its own, which is parked where a task would wait.
    Thread,
}

#[derive(Clone, Copy)]
enum State {
    /// Could run since this moment, and is not polled.
    Idle(Moment),
    /// Is being polled, and was woken meanwhile or not.
    Polled { woken: bool },
    /// Was polled, and waits to be woken.
    Waiting,
}

/// Something that a load waits for.
pub(super) trait Wait: Send + Sync {
    /// Returns the loads of this process of which one must end.
    fn loads(&self) -> Vec<Arc<Progress>> {
        Vec::new()
    }

    /// Returns the moment at which the wait for another process's lease began.
    fn lease_since(&self) -> Option<Moment> {
        None
    }
}

impl Progress {
    /// Begins the progress of a load that may run from now on.
    pub(super) fn begin(clock: &Clock) -> Arc<Self> {
        let state = State::Idle(clock.now());
        let inner = Inner { state, waker: None, waits: Vec::new(), driver: Driver::Task(None) };
        Arc::new(Self { clock: clock.clone(), inner: Mutex::new(inner) })
    }

    /// Polls a part of the load, with a waker that tells when the load can go on.
    pub(crate) fn poll<T>(
        self: &Arc<Self>,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let polling = self.begin_poll(cx.waker());
        let polled = poll(&mut polling.context());
        if polled.is_pending() {
            polling.wait();
        }
        polled
    }

    /// Begins a poll of a part of the load by a caller with this waker, as [`poll`](Self::poll)
    /// does.
    #[inline(never)]
    pub(crate) fn begin_poll(self: &Arc<Self>, waker: &Waker) -> Polling<'_> {
        let mut inner = self.inner();
        inner.state = State::Polled { woken: false };
        if let Driver::Task(thread) = &mut inner.driver {
            *thread = Some(thread::current().id());
        }
        let is_same = inner.waker.as_ref().is_some_and(|last| last.will_wake(waker));
        let outdated = if is_same { None } else { inner.waker.replace(waker.clone()) };
        drop(inner);
        // Without the lock: a waker is foreign code.
        drop(outdated);
        Polling { progress: self, waker: Waker::from(Arc::clone(self)), waits: false }
    }

    /// Notes that a thread runs the load, and not a task.
    pub(crate) fn run_by_thread(&self) {
        self.inner().driver = Driver::Thread;
    }

    /// Tells whether the load may need this thread to go on: a task that it has polled before, or
    /// any task if the thread works for a runtime.
    pub(super) fn needs_this_thread(&self, in_runtime: bool) -> bool {
        match self.inner().driver {
            Driver::Thread => false,
            Driver::Task(last) => in_runtime || last == Some(thread::current().id()),
        }
    }

    /// Returns the moment since when the load could run and is not polled.
    pub(super) fn idle_since(&self) -> Option<Moment> {
        match self.inner().state {
            State::Idle(since) => Some(since),
            State::Polled { .. } | State::Waiting => None,
        }
    }

    /// Tells whether the load could run for all of `time` and was not polled.
    pub(super) fn is_idle_for(&self, time: Duration) -> bool {
        self.idle_since().is_some_and(|since| self.has_passed(time, since))
    }

    /// Tells whether the load itself has waited for another process's lease for all of `time`.
    pub(super) fn awaits_lease_for(&self, time: Duration) -> bool {
        let begun = self.waits().into_iter().filter_map(|wait| wait.lease_since());
        begun.into_iter().any(|since| self.has_passed(time, since))
    }

    fn has_passed(&self, time: Duration, since: Moment) -> bool {
        self.clock.now().since(since) >= time
    }

    /// Returns all that the load waits for now.
    pub(super) fn waits(&self) -> Vec<Arc<dyn Wait>> {
        self.inner().waits.clone()
    }

    /// Adds something that the load waits for.
    pub(super) fn add_wait(&self, wait: &Arc<dyn Wait>) {
        self.inner().waits.push(Arc::clone(wait));
    }

    /// Removes what was added as `wait`, once.
    pub(super) fn remove_wait(&self, wait: &Arc<dyn Wait>) {
        let mut inner = self.inner();
        let place = inner.waits.iter().position(|one| Arc::ptr_eq(one, wait));
        let removed = place.map(|place| inner.waits.swap_remove(place));
        drop(inner);
        drop(removed);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // No critical section leaves it half changed, so a poisoned lock is sound.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Progress {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut inner = self.inner();
        inner.state = match inner.state {
            State::Waiting => State::Idle(self.clock.now()),
            State::Polled { .. } => State::Polled { woken: true },
            idle @ State::Idle(_) => idle,
        };
        let waker = inner.waker.clone();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A poll that is going on. After it the load is idle, also when the poll panicked: only one that
/// waits to be woken is not.
pub(crate) struct Polling<'a> {
    progress: &'a Progress,
    waker: Waker,
    /// `true` once the poll was not ready.
    waits: bool,
}

impl Polling<'_> {
    /// Returns the context for the poll: its waker tells when the load can go on.
    pub(crate) fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }

    /// Ends a poll that was not ready.
    pub(crate) fn wait(mut self) {
        self.waits = true;
    }
}

impl Drop for Polling<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        let mut inner = self.progress.inner();
        inner.state = match inner.state {
            State::Polled { woken: false } if self.waits => State::Waiting,
            _ => State::Idle(self.progress.clock.now()),
        };
    }
}
