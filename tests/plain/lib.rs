//! Functions of a program without a tokio runtime.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use cachery::{cached, caches, invalidate};

caches! {
    /// Numbers that both kinds of functions load.
    pub static NUMBERS: Cache<u64, usize> = { name: "plain-numbers", ttl: "1h" };
}

/// Loads slowly, on the thread that calls.
#[cached(cache = NUMBERS, skip(runs))]
pub fn number(id: u64, runs: &AtomicUsize) -> usize {
    thread::sleep(Duration::from_millis(20));
    runs.fetch_add(1, SeqCst) + 1
}

/// Loads in several polls.
#[cached(cache = NUMBERS, skip(runs))]
pub async fn number_later(id: u64, runs: &AtomicUsize) -> usize {
    for _ in 0..100 {
        yield_now().await;
    }
    runs.fetch_add(1, SeqCst) + 1
}

/// Loads in a task, where there can be one.
#[cached(name = "plain-detached", ttl = 60, stale = 60, detach, skip(runs))]
pub async fn detached(id: u64, runs: &Arc<AtomicUsize>) -> usize {
    runs.fetch_add(1, SeqCst) + 1
}

/// Invalidates a number.
#[invalidate(NUMBERS(id))]
pub fn change(id: u64) {}

/// Invalidates a number.
#[invalidate(NUMBERS(id))]
pub async fn change_later(id: u64) {}

/// Lets others run.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if std::mem::replace(&mut yielded, true) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
