//! Work that is done beside the calls, twice a second: each part of the core adds its own steps.
//!
//! It runs on a thread, not in a task: a thread outlives every runtime and needs none.

use std::{panic::catch_unwind, sync::Once, thread, time::Duration};

use parking_lot::Mutex;

const INTERVAL: Duration = Duration::from_millis(500);

static STEPS: Mutex<Vec<fn()>> = Mutex::new(Vec::new());

/// Adds a step to each round from now on. The first step starts the thread.
pub(crate) fn add(step: fn()) {
    static THREAD: Once = Once::new();
    STEPS.lock().push(step);
    THREAD.call_once(start);
}

fn start() {
    let thread = thread::Builder::new().name("cachery".to_owned());
    if let Err(error) = thread.spawn(run) {
        tracing::warn!(
            %error,
            "no thread for housekeeping: metrics are flushed by `Caches::flush_metrics` only, and followers \
             do not time out"
        );
    }
}

fn run() {
    loop {
        thread::sleep(INTERVAL);
        // A copy: a step may add another one.
        let steps = STEPS.lock().clone();
        steps.into_iter().for_each(guarded);
    }
}

/// Runs a step. A tier drops values, and a recorder is not ours: a panic there must not end the
/// thread.
fn guarded(step: fn()) {
    if catch_unwind(step).is_err() {
        tracing::error!(
            "a step of the housekeeping panicked: a value's `Drop`, or the `metrics` recorder; it goes on"
        );
    }
}
