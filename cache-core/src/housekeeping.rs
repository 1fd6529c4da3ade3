//! What is done for all registries beside the calls: waiting callers hear that time has passed, memory tiers which keys are
//! popular, and the `metrics` recorder what was counted. A thread, not a task: it outlives every runtime and needs none.

use std::{
    panic::catch_unwind,
    sync::{OnceLock, Weak},
    thread,
    time::Duration,
};

use crossbeam_queue::ArrayQueue;

use crate::{clock::Clock, entry::Entry, key::StoredKey, last_rites, memory::MemoryTier, registry::Caches};

const EVERY: Duration = Duration::from_millis(500);

/// The most reports of popularity between two rounds. What does not fit is lost, of all keys alike.
const REPORTS: usize = 4096;

static POPULAR: OnceLock<ArrayQueue<(Weak<dyn MemoryTier>, StoredKey)>> = OnceLock::new();

/// Starts the thread, once.
pub(crate) fn start() {
    if POPULAR.set(ArrayQueue::new(REPORTS)).is_err() {
        return;
    }
    let thread = thread::Builder::new().name("cachery".to_owned());
    if let Err(error) = thread.spawn(keep_house) {
        tracing::warn!(%error, "no thread for housekeeping: metrics are flushed by `Caches::flush_metrics` only, and followers do not time out");
    }
}

fn keep_house() {
    loop {
        thread::sleep(EVERY);
        guarded(Clock::tick_all);
        guarded(tell_popular);
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

/// A hit of `entry` that `memory` did not see. Neither waits nor allocates: a tier's own bookkeeping may do both.
pub(crate) fn report_popular(memory: Weak<dyn MemoryTier>, entry: &Entry) {
    if let Some(reports) = POPULAR.get() {
        let _ = reports.push((memory, entry.key().clone()));
    }
}

fn tell_popular() {
    let reports = POPULAR.get().into_iter().flat_map(|reports| std::iter::from_fn(|| reports.pop()));
    for (memory, key) in reports.take(REPORTS) {
        if let Some(memory) = memory.upgrade() {
            last_rites::after(|| memory.touch(&key));
        }
    }
}
