//! The time for which a cache lives on values past their ttl, because its loads fail.

use std::{
    sync::atomic::{
        AtomicU64,
        Ordering::{AcqRel, Acquire, Release},
    },
    time::Duration,
};

use crate::clock::Moment;

/// Stands for no moment.
const NONE: u64 = u64::MAX;

/// The moment since which values past their ttl have been returned because loads failed or took too
/// long, and no load has succeeded.
#[derive(Debug)]
pub(super) struct StaleSince(AtomicU64);

impl Default for StaleSince {
    fn default() -> Self {
        Self(AtomicU64::new(NONE))
    }
}

impl StaleSince {
    /// Notes that such a value is returned at `now`.
    pub(super) fn begin(&self, now: Moment) {
        if self.0.load(Acquire) == NONE {
            // Another call may have been earlier.
            let _ = self.0.compare_exchange(NONE, now.to_bits(), AcqRel, Acquire);
        }
    }

    /// Notes that a load has succeeded.
    pub(super) fn end(&self) {
        if self.0.load(Acquire) != NONE {
            self.0.store(NONE, Release);
        }
    }

    /// Returns the time from then to `now`; none while loads succeed.
    pub(super) fn time(&self, now: Moment) -> Option<Duration> {
        let since = Some(self.0.load(Acquire)).filter(|since| *since != NONE)?;
        Some(now.since(Moment::from_bits(since)))
    }
}
