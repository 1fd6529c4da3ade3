//! What is done for all registries beside the calls: counters reach the `metrics` recorder, and memory tiers hear which keys
//! are popular. A thread, not a task: it outlives every runtime and needs none.

use std::{
    sync::{Arc, Once, OnceLock},
    thread,
    time::Duration,
};

use crossbeam_queue::ArrayQueue;

use crate::{entry::Entry, key::StoredKey, memory::MemoryTier, registry::Caches};

const EVERY: Duration = Duration::from_millis(500);

/// The most reports of popularity between two rounds. What does not fit is lost, of all keys alike.
const REPORTS: usize = 4096;

static POPULAR: OnceLock<ArrayQueue<(Arc<dyn MemoryTier>, StoredKey)>> = OnceLock::new();

/// Starts the thread, once.
pub(crate) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let _ = POPULAR.set(ArrayQueue::new(REPORTS));
        let thread = thread::Builder::new().name("cachery".to_owned());
        if let Err(error) = thread.spawn(keep_house) {
            tracing::warn!(%error, "no thread for housekeeping: metrics are flushed by `Caches::flush_metrics` only");
        }
    });
}

fn keep_house() {
    loop {
        thread::sleep(EVERY);
        tell_popular();
        Caches::flush_installed();
    }
}

/// A hit of `entry` that `memory` did not see. Neither waits nor allocates: a tier's own bookkeeping may do both.
pub(crate) fn report_popular(memory: &Arc<dyn MemoryTier>, entry: &Entry) {
    if let Some(reports) = POPULAR.get() {
        let _ = reports.push((Arc::clone(memory), entry.key().clone()));
    }
}

fn tell_popular() {
    let reports = POPULAR.get().into_iter().flat_map(|reports| std::iter::from_fn(|| reports.pop()));
    for (memory, key) in reports.take(REPORTS) {
        memory.touch(&key);
    }
}
