//! Housekeeping of the memory of all open caches.

use std::sync::{Arc, Once, Weak, atomic::Ordering::Relaxed};

use parking_lot::Mutex;
use tracing::warn;

use super::Cache;
use crate::{entry::Entry, guarded, housekeeping, timeline::Age};

/// The reason for which a value is not kept, and the way out.
pub(crate) const TOO_LARGE_FOR_MEMORY: &str = "it is larger than all that `max_bytes` allows. Raise the bound, or return less; a `weigh` that \
     panics counts as too large, too";

/// The name of the step in the log.
const STEP_NAME: &str = "the step for memory";

/// The caches whose memory is tidied.
static OPEN: Mutex<Vec<Weak<Cache>>> = Mutex::new(Vec::new());

/// Lets housekeeping tidy the memory of `cache` while it is open.
pub(crate) fn tidy_when_open(cache: &Arc<Cache>) {
    static STEP: Once = Once::new();
    OPEN.lock().push(Arc::downgrade(cache));
    STEP.call_once(|| housekeeping::add(STEP_NAME, tidy_all));
}

/// Tidies the memory of each open cache.
fn tidy_all() {
    // A copy: values die meanwhile, and their `Drop` may open a cache.
    let open = {
        let mut open = OPEN.lock();
        open.retain(|cache| cache.strong_count() > 0);
        open.clone()
    };
    for cache in open.iter().filter_map(Weak::upgrade) {
        let name = cache.site.name;
        // Each by itself: a panic in one takes no memory from the others.
        if guarded::run(|| cache.tidy()).is_none() {
            guarded::tell_once(name, || {
                warn!(cache = name, "the housekeeping of the cache `{name}` panicked; it goes on");
            });
        }
    }
}

impl Cache {
    /// Gives memory back: of entries that are past all use or invalid, and of those that a clear
    /// has left behind.
    fn tidy(&self) {
        self.tell_of_too_large();
        let now = self.clock.now();
        self.retries.tidy(now);
        self.memory.tidy(&|entry: &Entry| entry.age(now) == Age::Gone || !self.is_valid(entry));
    }

    /// Tells once of values that are too large for memory. They are noticed under the locks of
    /// their keys, where no log line is written.
    fn tell_of_too_large(&self) {
        if self.untold.swap(false, Relaxed) {
            let cache = self.site.name;
            warn!(
                cache,
                "a value of the cache `{cache}` is not kept in memory: {TOO_LARGE_FOR_MEMORY}"
            );
        }
    }
}
