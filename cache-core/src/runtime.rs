//! The tokio runtime around the running code, in programs that have one.
//!
//! Without the feature `tokio` there is none to be known of, and nothing of it is built.

#[cfg(feature = "tokio")]
pub(crate) use with_tokio::*;
#[cfg(not(feature = "tokio"))]
pub(crate) use without::*;

#[cfg(feature = "tokio")]
mod with_tokio {
    use std::{
        future::Future,
        hint,
        task::{Context, Poll, Waker},
        time::Duration,
    };

    use tokio::task::coop;
    pub(crate) use tokio::{task::unconstrained, time::Instant};

    /// A time in which every operating system's clock moves.
    const LEAST_STEP: Duration = Duration::from_micros(1);

    /// Takes a unit of the running task's budget, and returns whether there was one.
    #[cold]
    pub(crate) fn proceeds() -> bool {
        // Nobody is woken: the caller comes back by `poll_proceed`.
        poll_proceed(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// Takes a unit of the running task's budget. Without one, the task is to let others run, and
    /// is woken at once.
    pub(crate) fn poll_proceed(cx: &mut Context<'_>) -> Poll<()> {
        coop::poll_proceed(cx).map(|unit| unit.made_progress())
    }

    /// Runs `future` as a task of the runtime around this code. Without one it is dropped.
    pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(future);
        }
    }

    /// Tells whether this thread works for a tokio runtime, which may have nobody else to poll a
    /// task.
    pub(crate) fn is_here() -> bool {
        tokio::runtime::Handle::try_current().is_ok()
    }

    /// Waits for `future`; where the runtime's time is paused, until `duration` has passed by it at
    /// most. Paused time moves only while a timer waits for it. Other runtimes may have no timers.
    pub(crate) async fn paused_timeout(duration: Duration, future: impl Future<Output = ()>) {
        if is_paused() {
            let _ = tokio::time::timeout(duration, future).await;
        } else {
            future.await;
        }
    }

    /// Tells whether the runtime's time stands still while that of the world goes on.
    fn is_paused() -> bool {
        let before = Instant::now();
        let began = std::time::Instant::now();
        while began.elapsed() < LEAST_STEP {
            hint::spin_loop();
        }
        Instant::now() == before
    }
}

#[cfg(not(feature = "tokio"))]
mod without {
    use std::{
        future::Future,
        task::{Context, Poll},
        time::Duration,
    };

    pub(crate) use std::time::Instant;

    pub(crate) const fn proceeds() -> bool {
        true
    }

    pub(crate) const fn poll_proceed(_: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    pub(crate) const fn is_here() -> bool {
        false
    }

    pub(crate) fn spawn(_: impl Future<Output = ()> + Send + 'static) {}

    pub(crate) async fn paused_timeout(_: Duration, future: impl Future<Output = ()>) {
        future.await;
    }

    pub(crate) const fn unconstrained<F: Future>(future: F) -> F {
        future
    }
}
