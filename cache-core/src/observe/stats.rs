//! The statistics of a cache, as users see them.

use std::{ops::AddAssign, time::Duration};

use serde::Serialize;

use crate::codec::Unstorable;

/// Declares statistics whose fields are counted and summed one by one.
macro_rules! statistics {
    (
        $(#[$attribute:meta])*
        pub struct $Stats:ident {
            $($(#[$field_attribute:meta])* pub $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        pub struct $Stats {
            $($(#[$field_attribute])* pub $field: $type,)+
        }

        impl Counted for $Stats {
            fn plus(self, other: Self) -> Self {
                Self { $($field: self.$field.plus(other.$field),)+ }
            }

            fn minus(self, other: Self) -> Self {
                Self { $($field: self.$field.minus(other.$field),)+ }
            }
        }
    };
}

/// A count, a time, or a group of them. Both operations saturate.
trait Counted {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
}

impl Counted for u64 {
    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn minus(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Counted for Duration {
    fn plus(self, other: Self) -> Self {
        self.saturating_add(other)
    }

    fn minus(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

statistics! {
    /// The statistics of a cache since its first use.
    ///
    /// They are exact: nothing is sampled or estimated, but for the one assumption in
    /// [`time_saved`](Self::time_saved). Of the time of each load, a begun microsecond counts as a
    /// whole.
    ///
    /// ```
    /// use cachery::{CacheHandle, stats::Stats};
    ///
    /// fn print(cache: &CacheHandle) {
    ///     let Stats { hits, misses, time_saved, .. } = cache.stats();
    ///     println!("{hits} hits, {misses} misses, {time_saved:?} saved");
    /// }
    /// ```
    pub struct Stats {
        /// Calls that a stored value served. `hits + misses` is the number of calls, of which a
        /// batch makes one for each item; `peek`, `refresh`, calls while the cache is disabled and
        /// calls within the load of their own key do not count.
        pub hits: u64,
        /// Calls that found no fresh value, including those that waited for another's load.
        pub misses: u64,
        /// Misses that another caller's load served.
        pub coalesced: u64,
        /// Runs of the function that ended, each for one key or for several items of a batch. One
        /// that was dropped or panicked does not count.
        pub loads: u64,
        /// Loads that returned `Err`.
        pub load_errors: u64,
        /// Values stored, by loads and by `put`.
        pub puts: u64,
        /// Values that were not to be stored, by `cache_if` or a time of zero.
        pub declined: u64,
        /// Calls of `refresh`.
        pub refreshes: u64,
        /// The calls for several items at once.
        pub batch: BatchStats,
        /// The use of values past their ttl, and the loads for it.
        pub freshness: FreshnessStats,
        /// Invalidations, by kind.
        pub invalidations: Invalidations,
        /// Entries that left memory by themselves, by cause.
        pub evictions: Evictions,
        /// The part of the remote tier.
        pub remote: RemoteStats,
        /// The money that loads cost and hits saved, where `cost` tells it.
        pub money: MoneyStats,
        /// Entries in memory now. Expired ones count until they are dropped.
        pub size: u64,
        /// Bytes of the entries in memory now: their keys, their values, and 240 for each. Zero for
        /// functions whose values have no known size and no `weigh`.
        pub bytes: u64,
        /// The sum of the times of all loads. In a serialised report, all times are seconds.
        #[serde(serialize_with = "crate::seconds::of")]
        pub load_time: Duration,
        /// The time that hits saved: for each, the time of the load that made its value, including
        /// its wait for the executor.
        #[serde(serialize_with = "crate::seconds::of")]
        pub time_saved: Duration,
    }
}

statistics! {
    /// The calls for several items at once in [`Stats`]. Once a call has ended without an error, it
    /// has counted each of its items in one of `hit`, `joined`, `loaded` and `deduplicated`.
    ///
    /// ```
    /// use cachery::stats::Stats;
    ///
    /// fn items_of_a_call(stats: &Stats) -> Option<u64> {
    ///     stats.batch.asked.checked_div(stats.batch.calls)
    /// }
    /// ```
    pub struct BatchStats {
        /// Calls for several items.
        pub calls: u64,
        /// Items that they asked for, each as often as it was named.
        pub asked: u64,
        /// Items that a stored value served.
        pub hit: u64,
        /// Items that another call's load served.
        pub joined: u64,
        /// Items that the function was called with.
        pub loaded: u64,
        /// Items that were named again in a call that loaded or joined them.
        pub deduplicated: u64,
    }
}

statistics! {
    /// The use of values past their ttl in [`Stats`], and the loads that renew values.
    ///
    /// ```
    /// use cachery::stats::Stats;
    ///
    /// fn past_their_ttl(stats: &Stats) -> u64 {
    ///     stats.freshness.stale + stats.freshness.on_error
    /// }
    /// ```
    pub struct FreshnessStats {
        /// Calls that a stale value served at once.
        pub stale: u64,
        /// Calls that a value past its ttl served because its load had failed.
        pub on_error: u64,
        /// Calls that a value past its ttl served because its load took longer than `soft_timeout`.
        pub on_timeout: u64,
        /// Calls that a value past its ttl served because the budget did not allow its load.
        pub over_budget: u64,
        /// Calls of `refresh` whose load stored a value.
        pub refreshed: u64,
        /// Calls of `refresh` whose load failed.
        pub refresh_errors: u64,
        /// Loads by the caller of a value that is stale or due to be refreshed, that stored a value.
        pub refreshed_inline: u64,
        /// Loads by the caller of a value that is stale or due to be refreshed, that failed.
        pub inline_errors: u64,
        /// Loads of such values by tasks (`detach`) that stored a value.
        pub refreshed_in_background: u64,
        /// Loads of such values by tasks that failed.
        pub background_errors: u64,
        /// Loads that renew values and did not begin because too many tasks ran.
        pub background_shed: u64,
    }
}

/// The reason for which a value past its ttl serves a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StaleReason {
    /// It is stale: a new one is being loaded.
    Stale,
    /// Its load has failed.
    Error,
    /// Its load takes longer than `soft_timeout`.
    Timeout,
    /// The budget does not allow its load.
    Budget,
}

statistics! {
    /// The part of the remote tier in [`Stats`]. All fields are zero for a cache that lives in
    /// memory.
    ///
    /// ```
    /// use cachery::stats::Stats;
    ///
    /// fn from_memory(stats: &Stats) -> u64 {
    ///     stats.hits - stats.remote.hits
    /// }
    /// ```
    pub struct RemoteStats {
        /// Hits that the remote tier served. Memory served the others.
        pub hits: u64,
        /// Keys that another node invalidated while this one listened.
        pub invalidations: u64,
        /// Values that were not stored because their key was invalidated after their load began.
        pub fenced: u64,
        /// Stored values that could not be decoded. Each was a miss and is overwritten.
        pub corrupt: u64,
        /// Values that were not sent, for any reason: the sum of `unstorable`.
        pub oversized: u64,
        /// Values that were not sent, by reason.
        pub unstorable: UnstorableStats,
        /// Stored values whose type had fewer fields when another release wrote them. They count as
        /// `corrupt`, too.
        pub other_fields: u64,
        /// Requests that had no reply in time, or none at all.
        pub unavailable: u64,
    }
}

statistics! {
    /// Values in [`Stats`] that the remote tier cannot keep, by reason. Memory keeps them where it
    /// may.
    ///
    /// ```
    /// use cachery::stats::Stats;
    ///
    /// fn are_changed_by_the_codec(stats: &Stats) -> bool {
    ///     stats.remote.unstorable.not_equal > 0
    /// }
    /// ```
    pub struct UnstorableStats {
        /// Values whose `Serialize` returned an error.
        pub not_serializable: u64,
        /// Values whose `Deserialize` refused what `Serialize` had written.
        pub does_not_read_back: u64,
        /// Values that came back as other ones, for example with `#[serde(skip)]`.
        pub not_equal: u64,
        /// Values that nest too deeply.
        pub too_deep: u64,
        /// Values with more bytes than `max_value_size`.
        pub too_large: u64,
        /// Values whose `Serialize`, `Deserialize` or `PartialEq` panicked.
        pub panicked: u64,
        /// Values of a generic function of which two instances have types that differ only by
        /// their paths.
        pub alike_types: u64,
    }
}

impl UnstorableStats {
    /// Returns the count of each reason.
    pub(crate) fn by_reason(&self) -> [(Unstorable, u64); 7] {
        Unstorable::ALL.map(|reason| {
            let count = match reason {
                Unstorable::NotSerializable => self.not_serializable,
                Unstorable::DoesNotReadBack => self.does_not_read_back,
                Unstorable::NotEqual => self.not_equal,
                Unstorable::TooDeep => self.too_deep,
                Unstorable::TooLarge => self.too_large,
                Unstorable::Panicked => self.panicked,
                Unstorable::AlikeTypes => self.alike_types,
            };
            (reason, count)
        })
    }
}

statistics! {
    /// The money of [`Stats`], in billionths of a unit: `CACHE_COST_UNIT` names the unit. All fields
    /// are zero for a cache without a `cost`.
    ///
    /// ```
    /// use cachery::stats::Stats;
    ///
    /// fn dollars_saved(stats: &Stats) -> f64 {
    ///     stats.money.saved() as f64 / 1e9
    /// }
    /// ```
    pub struct MoneyStats {
        /// The cost of all loads that ended, refreshes included.
        pub spent: u64,
        /// The part of `spent` that went into loads for no caller's miss: calls of `refresh`, and
        /// loads that renewed a stale value.
        pub refresh: u64,
        /// The cost of the loads that hits saved: for each, that of the load that made its value.
        pub saved_by_hits: u64,
        /// The cost of the loads that callers saved who waited for another's.
        pub saved_by_coalescing: u64,
        /// The cost of the loads that batches saved in which an item was named again.
        pub saved_by_dedup: u64,
        /// Loads whose `cost` was negative or not a number. They count as loads for nothing.
        pub wrong_costs: u64,
        /// Loads that the `budget` did not allow.
        pub over_budget: u64,
        /// The part of them that ran all the same, because their calls had nothing else to return.
        pub over_budget_loads: u64,
    }
}

statistics! {
    /// Invalidations in [`Stats`], by kind.
    ///
    /// ```
    /// use cachery::stats::Stats;
    ///
    /// let Stats { invalidations, .. } = Stats::default();
    /// assert_eq!((invalidations.key, invalidations.cache), (0, 0));
    /// ```
    pub struct Invalidations {
        /// Invalidations of single keys.
        pub key: u64,
        /// Invalidations of the whole cache.
        pub cache: u64,
    }
}

statistics! {
    /// Entries in [`Stats`] that left memory by themselves, by cause.
    ///
    /// ```
    /// use cachery::stats::Stats;
    ///
    /// fn is_too_small(stats: &Stats) -> bool {
    ///     stats.evictions.size > stats.evictions.expired
    /// }
    /// ```
    pub struct Evictions {
        /// Entries whose time was over.
        pub expired: u64,
        /// Entries that left a cache of as many entries as its `capacity` allows.
        pub size: u64,
        /// Entries that left because the bytes would have been more than a `max_bytes` allows. A
        /// cache with `max_bytes` on the engine `moka` counts those that `capacity` drove out here,
        /// too.
        pub bytes: u64,
        /// Values that were not kept because each alone is larger than a `max_bytes`.
        pub too_large: u64,
    }
}

impl Stats {
    /// Returns the share of calls that were hits, 0 to 1; 0 before the first call.
    ///
    /// ```
    /// # use cachery::stats::Stats;
    /// assert_eq!(Stats::default().hit_ratio(), 0.0);
    /// ```
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no 64 bits")]
    pub fn hit_ratio(&self) -> f64 {
        let calls = self.hits.saturating_add(self.misses);
        if calls == 0 { 0.0 } else { self.hits as f64 / calls as f64 }
    }

    /// Returns what happened after `earlier`, a reading of the same cache. `size` and `bytes` are
    /// the present ones.
    ///
    /// ```
    /// # use cachery::stats::Stats;
    /// # let (before, after) = (Stats::default(), Stats::default());
    /// println!("hit ratio of this batch: {}", after.since(&before).hit_ratio());
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self { size: self.size, bytes: self.bytes, ..self.minus(*earlier) }
    }

    /// Returns the mean time of a load; zero before the first.
    ///
    /// ```
    /// # use cachery::stats::Stats;
    /// # use std::time::Duration;
    /// assert_eq!(Stats::default().mean_load_time(), Duration::ZERO);
    /// ```
    pub fn mean_load_time(&self) -> Duration {
        mean(self.load_time, self.loads)
    }
}

/// Returns the mean of `count` times; zero for none.
pub(super) fn mean(total: Duration, count: u64) -> Duration {
    let nanos = total.as_nanos().checked_div(u128::from(count)).unwrap_or(0);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Sums the statistics of call sites that share a name.
///
/// ```
/// # use cachery::Caches;
/// # use cachery::stats::Stats;
/// let mut all = Stats::default();
/// for cache in Caches::isolated().report().caches {
///     all += cache.stats;
/// }
/// ```
impl AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        *self = self.plus(other);
    }
}
