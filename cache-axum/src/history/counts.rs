//! The counters of one cache at one moment.

use std::time::Duration;

use cachery_core::Stats;

use super::rates::Rate;

/// The counters of one cache at one moment.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) coalesced: u64,
    /// Calls that a value past its ttl served.
    pub(super) stale: u64,
    pub(super) loads: u64,
    pub(super) load_errors: u64,
}

impl From<&Stats> for Counts {
    fn from(stats: &Stats) -> Self {
        let Stats { hits, misses, coalesced, loads, load_errors, freshness, .. } = *stats;
        let stale = freshness.stale.saturating_add(freshness.on_error);
        Self { hits, misses, coalesced, stale, loads, load_errors }
    }
}

impl Counts {
    /// Returns the requests since `earlier`, and those of them that were hits.
    pub(super) fn requests_since(&self, earlier: &Self) -> [u64; 2] {
        let hits = self.hits.saturating_sub(earlier.hits);
        let misses = self.misses.saturating_sub(earlier.misses);
        [hits.saturating_add(misses), hits]
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate needs no 64 bits")]
    pub(super) fn rate_since(&self, earlier: &Self, elapsed: Duration) -> Rate {
        let since = |count: fn(&Self) -> u64| count(self).saturating_sub(count(earlier));
        let [requests, hits] = self.requests_since(earlier);
        let loads = since(|counts| counts.loads);
        let errors = since(|counts| counts.load_errors);
        let per_second = |count: u64| thousandth(count as f64 / elapsed.as_secs_f64());
        let ratio = |part: u64, of: u64| (of > 0).then(|| thousandth(part as f64 / of as f64));
        Rate {
            requests_per_second: per_second(requests),
            loads_per_second: per_second(loads),
            load_errors_per_second: per_second(errors),
            coalesced_per_second: per_second(since(|counts| counts.coalesced)),
            stale_per_second: per_second(since(|counts| counts.stale)),
            hit_ratio: ratio(hits, requests),
            load_error_ratio: ratio(errors, loads),
            requests,
            loads,
        }
    }
}

/// Rounds to a thousandth, so that a response changes only when something has.
fn thousandth(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
