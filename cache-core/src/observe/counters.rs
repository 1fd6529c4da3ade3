//! The counters of one call site.

use std::time::Duration;

use super::{
    counter::Counter,
    load_times::{LoadBuckets, LoadTimes},
    stats::{MoneyStats, StaleReason, Stats, mean},
    stripes::{Hits, Pace},
};
use crate::{
    clock::nanos,
    codec::{Undecodable, Unstorable},
    entry::Entry,
    money::Spent,
};

/// Declares the counters of one call site, each with its place in [`Stats`].
macro_rules! counters {
    ($($counter:ident => $($place:ident).+,)+) => {
        /// The counters of one call site since its first use.
        #[derive(Default)]
        pub(crate) struct Counters {
            pub(super) hits: Hits,
            load_micros: Counter,
            /// The times of loads that succeeded, and of those that failed.
            load_times: [LoadBuckets; 2],
            $(pub(crate) $counter: Counter,)+
        }

        impl Counters {
            /// Returns all counters, with the `size` of memory. Everything that happened before
            /// this call, in the caller's view, is in it.
            pub(crate) fn snapshot(&self, size: u64) -> Stats {
                let mut stats = Stats {
                    hits: self.hits.hits(),
                    time_saved: Duration::from_micros(self.hits.saved_micros()),
                    money: MoneyStats { saved_by_hits: self.hits.saved_nanos(), ..MoneyStats::default() },
                    load_time: Duration::from_micros(self.load_micros.get()),
                    size,
                    ..Stats::default()
                };
                $(stats.$($place).+ = self.$counter.get();)+
                // Each load adds to one of the two, so that no read sees half of it.
                stats.money.spent = stats.money.spent.wrapping_add(stats.money.refresh);
                stats
            }
        }
    };
}

counters! {
    misses => misses,
    coalesced => coalesced,
    loads => loads,
    load_errors => load_errors,
    puts => puts,
    declined => declined,
    refreshes => refreshes,
    batches => batch.calls,
    asked => batch.asked,
    batch_hits => batch.hit,
    joined => batch.joined,
    loaded => batch.loaded,
    deduplicated => batch.deduplicated,
    refreshed => freshness.refreshed,
    refresh_errors => freshness.refresh_errors,
    refreshed_inline => freshness.refreshed_inline,
    inline_errors => freshness.inline_errors,
    refreshed_in_background => freshness.refreshed_in_background,
    background_errors => freshness.background_errors,
    background_shed => freshness.background_shed,
    stale => freshness.stale,
    stale_on_error => freshness.on_error,
    stale_on_timeout => freshness.on_timeout,
    stale_over_budget => freshness.over_budget,
    invalidated_keys => invalidations.key,
    clears => invalidations.cache,
    expired => evictions.expired,
    evicted_for_size => evictions.size,
    evicted_for_bytes => evictions.bytes,
    too_large_for_memory => evictions.too_large,
    remote_hits => remote.hits,
    invalidated_elsewhere => remote.invalidations,
    fenced => remote.fenced,
    corrupt => remote.corrupt,
    oversized => remote.oversized,
    not_serializable => remote.unstorable.not_serializable,
    does_not_read_back => remote.unstorable.does_not_read_back,
    not_equal => remote.unstorable.not_equal,
    too_deep => remote.unstorable.too_deep,
    too_large => remote.unstorable.too_large,
    panicked => remote.unstorable.panicked,
    alike_types => remote.unstorable.alike_types,
    other_fields => remote.other_fields,
    unavailable => remote.unavailable,
    spent_on_misses => money.spent,
    spent_on_refreshes => money.refresh,
    saved_by_coalescing => money.saved_by_coalescing,
    saved_by_dedup => money.saved_by_dedup,
    wrong_costs => money.wrong_costs,
    over_budget => money.over_budget,
    over_budget_loads => money.over_budget_loads,
}

impl Counters {
    /// Counts a call that memory served, which saved a load like the one of its value.
    #[inline]
    pub(crate) fn hit(&self, saved: Spent) {
        self.hits.add(saved);
    }

    /// Counts a hit as [`hit`](Self::hit) does, if it is the turn of the caller.
    #[inline]
    pub(crate) fn hit_in_turn(&self, saved: Spent, pace: Pace) -> bool {
        self.hits.add_in_turn(saved, pace)
    }

    /// Takes back a hit of a call that its value was not for.
    #[cold]
    pub(crate) fn no_hit(&self, saved: Spent) {
        self.hits.take_back(saved);
    }

    /// Counts a call that the remote tier served, which saved a load like the one of its value.
    pub(crate) fn remote_hit(&self, saved: Spent) {
        self.remote_hits.add(1);
        self.hit(saved);
    }

    /// Counts a miss that another caller's load served. An error has cost nobody but that caller.
    pub(crate) fn coalesced(&self, entry: Option<&Entry>) {
        self.coalesced.add(1);
        self.saved_by_coalescing.add(entry.map_or(0, |entry| entry.head().facts.spent.nanos));
    }

    /// Counts a call that a value past its ttl has served.
    pub(crate) fn stale_served(&self, reason: StaleReason) {
        let counter = match reason {
            StaleReason::Stale => &self.stale,
            StaleReason::Error => &self.stale_on_error,
            StaleReason::Timeout => &self.stale_on_timeout,
            StaleReason::Budget => &self.stale_over_budget,
        };
        counter.add(1);
    }

    /// Counts a value that the remote tier cannot keep. Returns whether it is the first for this
    /// reason.
    pub(crate) fn unstorable(&self, reason: Unstorable) -> bool {
        self.oversized.add(1);
        let counter = match reason {
            Unstorable::NotSerializable => &self.not_serializable,
            Unstorable::DoesNotReadBack => &self.does_not_read_back,
            Unstorable::NotEqual => &self.not_equal,
            Unstorable::TooDeep => &self.too_deep,
            Unstorable::TooLarge => &self.too_large,
            Unstorable::Panicked => &self.panicked,
            Unstorable::AlikeTypes => &self.alike_types,
        };
        counter.add_first()
    }

    /// Counts a load whose cost is negative or not a number. Returns whether it is the first.
    pub(crate) fn wrong_cost(&self) -> bool {
        self.wrong_costs.add_first()
    }

    /// Counts a value that is too large for memory. Returns whether it is the first.
    pub(crate) fn too_large_for_memory(&self) -> bool {
        self.too_large_for_memory.add_first()
    }

    /// Counts a stored value that is not used. Returns whether it is the first that another release
    /// wrote.
    pub(crate) fn undecodable(&self, reason: Undecodable) -> bool {
        self.corrupt.add(1);
        reason == Undecodable::OtherFields && self.other_fields.add_first()
    }

    /// Counts a load that ran to its end.
    pub(crate) fn load(&self, took: Duration, failed: bool) {
        self.loads.add(1);
        self.load_errors.add(u64::from(failed));
        let micros = micros(took);
        self.load_micros.add(micros);
        self.load_times[usize::from(failed)].add(micros);
    }

    /// Returns the times of the loads that succeeded, or of those that `failed`.
    pub(crate) fn load_times(&self, failed: bool) -> LoadTimes {
        self.load_times[usize::from(failed)].read()
    }

    /// Returns the mean time of a load; zero before the first.
    pub(crate) fn mean_load_time(&self) -> Duration {
        mean(Duration::from_micros(self.load_micros.get()), self.loads.get())
    }
}

/// Returns a time in microseconds, the unit of sums: sums of nanoseconds would leave 64 bits within
/// days. A begun microsecond counts as a whole, so that loads shorter than that count.
pub(crate) fn micros(time: Duration) -> u64 {
    nanos(time).div_ceil(1000)
}
