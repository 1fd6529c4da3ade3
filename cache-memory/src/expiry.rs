//! When moka drops an entry by itself: when it is past all use.

use std::time::{Duration, Instant};

use cache_core::{Clock, Entry, key::StoredKey};
use moka::Expiry;

/// Reads the end of each entry's timeline.
pub(crate) struct AtTimelineEnd(pub(crate) Clock);

impl Expiry<StoredKey, Entry> for AtTimelineEnd {
    fn expire_after_create(&self, _: &StoredKey, entry: &Entry, _: Instant) -> Option<Duration> {
        entry.remaining(self.0.now())
    }

    // Another entry in its place has a life of its own.
    fn expire_after_update(&self, _: &StoredKey, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        entry.remaining(self.0.now())
    }
}
