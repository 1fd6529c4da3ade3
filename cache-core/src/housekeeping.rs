//! Work that is done beside the calls, twice a second: each part of the core adds its own steps.
//!
//! It runs on a thread, not in a task: a thread outlives every runtime and needs none.

use std::{sync::Once, thread, time::Duration};

use parking_lot::Mutex;

use crate::guarded;

const INTERVAL: Duration = Duration::from_millis(500);

static STEPS: Mutex<Vec<Step>> = Mutex::new(Vec::new());

#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    run: fn(),
}

/// Adds a step to each round from now on. The first step starts the thread.
pub(crate) fn add(name: &'static str, run: fn()) {
    static THREAD: Once = Once::new();
    STEPS.lock().push(Step { name, run });
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

/// Runs a step. Recorders, subscribers and wakers are not ours: a panic there must not end the
/// thread.
fn guarded(step: Step) {
    let Step { name, run } = step;
    if guarded::run(run).is_none() {
        guarded::tell_once(name, || {
            tracing::error!(
                "{name} of the housekeeping panicked, in user code such as the `metrics` recorder \
                 or a `tracing` subscriber; it goes on, and does not say so again"
            );
        });
    }
}
