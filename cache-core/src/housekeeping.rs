//! What is done for all registries beside the calls: waiting callers hear that time has passed, memory tiers which keys are
//! popular, and the `metrics` recorder what was counted. A thread, not a task: it outlives every runtime and needs none.

use std::{panic::catch_unwind, sync::OnceLock, thread, time::Duration};

use crate::{clock::Clock, memory::popularity, registry::Caches};

const EVERY: Duration = Duration::from_millis(500);

static STARTED: OnceLock<()> = OnceLock::new();

/// Starts the thread, once.
pub(crate) fn start() {
    if STARTED.set(()).is_err() {
        return;
    }
    popularity::start();
    let thread = thread::Builder::new().name("cachery".to_owned());
    if let Err(error) = thread.spawn(keep_house) {
        tracing::warn!(%error, "no thread for housekeeping: metrics are flushed by `Caches::flush_metrics` only, and followers do not time out");
    }
}

fn keep_house() {
    loop {
        thread::sleep(EVERY);
        guarded(Clock::tick_all);
        guarded(popularity::pass_on);
        guarded(Caches::flush_installed);
    }
}

/// A tier drops values, and a recorder is not ours: what panics there must not end the housekeeping.
fn guarded(step: fn()) {
    if catch_unwind(step).is_err() {
        tracing::error!(
            "a step of the housekeeping panicked: a value's `Drop`, or the `metrics` recorder; it goes on"
        );
    }
}
