//! Waiting for something, but not for ever.

use std::{
    thread,
    time::{Duration, Instant},
};

const STEP: Duration = Duration::from_millis(5);

/// Asks again and again until there is an answer; panics with `what` when there is none within `limit`.
pub(crate) fn until<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain until {what}");
        thread::sleep(STEP);
    }
}

/// The same where the runtime's tasks must go on meanwhile. The time is real, also where the runtime's is paused.
pub(crate) async fn eventually<T>(what: &str, limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain until {what}");
        beside(|| thread::sleep(STEP)).await;
    }
}

/// Runs `work`, which blocks, beside the runtime: its tasks go on, and a paused clock stands still.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
