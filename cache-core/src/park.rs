//! Waiting by a thread: where a task would be polled, a thread is parked.

mod parked;

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use self::parked::Parked;
use crate::{
    remote::{REMOTE_BACKENDS, RemoteBackend},
    runtime,
};

/// The longest time for which a thread is parked before its future is polled again. A wait that
/// depends on more than a waker (the clock, the loads of others) is looked at so often.
const LONGEST: Duration = Duration::from_millis(100);

/// The same inside of a runtime, where the thread may be one that the runtime needs.
const LONGEST_IN_RUNTIME: Duration = Duration::from_millis(10);

/// Returns the output of `future`. The thread is parked until then.
///
/// Nothing that `future` waits for may need this thread, or the runtime around it, to go on.
pub(crate) fn park<T>(future: impl Future<Output = T>) -> T {
    // A task's share of polls is not used up by a wait of its thread.
    let mut future = pin!(runtime::unconstrained(future));
    let mut output = None;
    drive(&mut |cx| future.as_mut().poll(cx).map(|value| output = Some(value)));
    output.expect("it is ready when `drive` returns")
}

/// Polls until it is ready. Most futures are ready at once, and need no waker.
fn drive(poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) {
    if poll_beside(poll, Waker::noop()).is_ready() {
        return;
    }
    let longest = if runtime::is_here() { LONGEST_IN_RUNTIME } else { LONGEST };
    let parked = Arc::new(Parked::this_thread());
    let waker = Waker::from(Arc::clone(&parked));
    while poll_beside(poll, &waker).is_pending() {
        parked.wait(longest);
    }
}

/// Polls once, so that the remote tiers use no runtime of this thread.
fn poll_beside(poll: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>, waker: &Waker) -> Poll<()> {
    let mut polled = Poll::Pending;
    beside(&REMOTE_BACKENDS, &mut || polled = poll(&mut Context::from_waker(waker)));
    polled
}

fn beside(backends: &[RemoteBackend], act: &mut dyn FnMut()) {
    match backends {
        [] => act(),
        [first, rest @ ..] => (first.beside_runtime)(&mut || beside(rest, act)),
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, thread, time::Instant};

    use super::*;

    #[test]
    fn a_future_that_is_ready_is_not_waited_for() {
        assert_eq!(park(async { 1 }), 1);
    }

    #[test]
    fn a_wake_from_another_thread_ends_the_wait() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let sending = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            sender.send(7)
        });
        assert_eq!(park(receiver), Ok(7));
        sending.join().unwrap().unwrap();
    }

    #[test]
    fn a_future_that_nobody_wakes_is_polled_again() {
        let began = Instant::now();
        let over = || began.elapsed() > Duration::from_millis(30);
        park(poll_fn(|_| if over() { Poll::Ready(()) } else { Poll::Pending }));
    }

    #[test]
    fn a_wake_during_the_poll_is_not_lost() {
        let mut polls = 0;
        park(poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            // Foreign code may use up the permit to unpark.
            thread::park_timeout(Duration::ZERO);
            if polls < 1_000 { Poll::Pending } else { Poll::Ready(()) }
        }));
    }

    #[tokio::test]
    async fn a_wait_inside_of_a_task_does_not_use_up_its_share_of_polls() {
        for _ in 0..1_000 {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            sender.send(7).unwrap();
            assert_eq!(park(receiver), Ok(7));
        }
    }
}
