//! Waiting until something is so, with a limit in real time.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Between two questions.
pub(crate) const STEP: Duration = Duration::from_millis(5);
/// The limit of [`until`].
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks again and again, and returns the first value. Blocks the thread. Panics with `what` after
/// `limit`.
pub fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = ask() {
            return value;
        }
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(STEP);
    }
}

/// As [`wait_for`], while the other tasks of the runtime go on. A paused clock of the runtime
/// stands still meanwhile.
pub async fn eventually<T>(
    what: &str,
    limit: Duration,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = ask().await {
            return value;
        }
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        run_blocking(|| thread::sleep(STEP)).await;
    }
}

/// Lets other tasks run until `done`, without a pause. A paused clock of the runtime stands still
/// meanwhile.
pub async fn until(done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}");
        tokio::task::yield_now().await;
    }
}

/// Runs `work`, which blocks, on another thread: the runtime's tasks go on, and its clock stands
/// still if it is paused.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
