//! Exact counters of one call site, and their snapshot.

use std::{
    cell::Cell,
    ops::AddAssign,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use crossbeam_utils::CachePadded;
use serde::Serialize;

use crate::clock::nanos;

/// A monotonic counter.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// As `add`, by the only thread that ever adds to this counter.
    #[inline]
    fn add_alone(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Stripes for the counters that every hit touches, so that threads do not fight for one cache line. The first stripe is
/// shared; each other one belongs to one thread, which need not lock the bus to count.
const STRIPES: usize = 16;
const SHARED: usize = 0;

thread_local! {
    static STRIPE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// This thread's stripe. Threads beyond the number of stripes share the first.
#[inline]
fn stripe() -> usize {
    STRIPE.get().unwrap_or_else(take_stripe)
}

#[cold]
fn take_stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(SHARED + 1);
    let next = NEXT.fetch_update(Relaxed, Relaxed, |next| (next < STRIPES).then_some(next + 1));
    let stripe = next.unwrap_or(SHARED);
    STRIPE.set(Some(stripe));
    stripe
}

#[derive(Default)]
struct HitStripe {
    hits: Counter,
    saved_nanos: Counter,
}

/// What happened at one call site since it was first used.
#[derive(Default)]
pub(crate) struct Counters {
    stripes: [CachePadded<HitStripe>; STRIPES],
    pub(crate) misses: Counter,
    pub(crate) coalesced: Counter,
    pub(crate) loads: Counter,
    pub(crate) load_errors: Counter,
    pub(crate) load_nanos: Counter,
    pub(crate) puts: Counter,
    pub(crate) refreshes: Counter,
    pub(crate) invalidated_keys: Counter,
    pub(crate) clears: Counter,
    pub(crate) expired: Counter,
    pub(crate) evicted_for_size: Counter,
}

impl Counters {
    /// One call answered from memory by a value whose load took `load_nanos`.
    #[inline]
    pub(crate) fn hit(&self, load_nanos: u64) {
        let stripe = stripe();
        let HitStripe { hits, saved_nanos } = &*self.stripes[stripe];
        if stripe == SHARED {
            hits.add(1);
            saved_nanos.add(load_nanos);
        } else {
            hits.add_alone(1);
            saved_nanos.add_alone(load_nanos);
        }
    }

    /// One load that ran to its end.
    pub(crate) fn load(&self, took: Duration, failed: bool) {
        self.loads.add(1);
        self.load_errors.add(u64::from(failed));
        self.load_nanos.add(nanos(took));
    }

    pub(crate) fn mean_load_time(&self) -> Duration {
        mean(Duration::from_nanos(self.load_nanos.get()), self.loads.get())
    }

    /// All counters now. Everything that happened before this call, in the caller's view, is in it.
    pub(crate) fn snapshot(&self, size: u64) -> Stats {
        let sum =
            |pick: fn(&HitStripe) -> &Counter| self.stripes.iter().map(|stripe| pick(stripe).get()).sum();
        Stats {
            hits: sum(|stripe| &stripe.hits),
            misses: self.misses.get(),
            coalesced: self.coalesced.get(),
            loads: self.loads.get(),
            load_errors: self.load_errors.get(),
            puts: self.puts.get(),
            refreshes: self.refreshes.get(),
            invalidations: Invalidations { key: self.invalidated_keys.get(), cache: self.clears.get() },
            evictions: Evictions { expired: self.expired.get(), size: self.evicted_for_size.get() },
            size,
            load_time: Duration::from_nanos(self.load_nanos.get()),
            time_saved: Duration::from_nanos(sum(|stripe| &stripe.saved_nanos)),
        }
    }
}

/// What happened in a cache since it was first used. Exact: nothing is sampled or estimated, but for the one
/// assumption in [`time_saved`](Self::time_saved).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Calls answered by a stored value. `hits + misses` is the number of calls; `peek`, `refresh`, calls while the cache is
    /// disabled and calls from within the load of their own key are not counted.
    pub hits: u64,
    /// Calls that found no fresh value, those that waited for another's load included.
    pub misses: u64,
    /// Misses that were answered by another caller's load.
    pub coalesced: u64,
    /// Runs of the function that came to an end; one that was dropped or panicked did not.
    pub loads: u64,
    /// Loads that returned `Err`.
    pub load_errors: u64,
    /// Values stored, by loads and by `put`.
    pub puts: u64,
    /// Calls of `refresh`.
    pub refreshes: u64,
    /// Invalidations, by what they were of.
    pub invalidations: Invalidations,
    /// Entries that left by themselves, by cause.
    pub evictions: Evictions,
    /// Entries held now. Expired ones count until they are dropped.
    pub size: u64,
    /// The time that loads took, in sum.
    pub load_time: Duration,
    /// What hits saved: for each, the time of the load that made its value, waiting for the executor included.
    pub time_saved: Duration,
}

/// Invalidations by what they were of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Invalidations {
    /// Single keys.
    pub key: u64,
    /// The whole cache.
    pub cache: u64,
}

/// Entries that left by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Evictions {
    /// Their time was over.
    pub expired: u64,
    /// The cache was full.
    pub size: u64,
}

impl Stats {
    /// The share of calls that were hits, 0 to 1; 0 before the first call.
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no 64 bits")]
    pub fn hit_ratio(&self) -> f64 {
        let calls = self.hits + self.misses;
        if calls == 0 { 0.0 } else { self.hits as f64 / calls as f64 }
    }

    /// What happened after `earlier`, a reading of the same cache. `size` is as it is now.
    ///
    /// ```
    /// # use cache_core::Stats;
    /// # let (before, after) = (Stats::default(), Stats::default());
    /// println!("hit ratio of this batch: {}", after.since(&before).hit_ratio());
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            hits: self.hits.saturating_sub(earlier.hits),
            misses: self.misses.saturating_sub(earlier.misses),
            coalesced: self.coalesced.saturating_sub(earlier.coalesced),
            loads: self.loads.saturating_sub(earlier.loads),
            load_errors: self.load_errors.saturating_sub(earlier.load_errors),
            puts: self.puts.saturating_sub(earlier.puts),
            refreshes: self.refreshes.saturating_sub(earlier.refreshes),
            invalidations: Invalidations {
                key: self.invalidations.key.saturating_sub(earlier.invalidations.key),
                cache: self.invalidations.cache.saturating_sub(earlier.invalidations.cache),
            },
            evictions: Evictions {
                expired: self.evictions.expired.saturating_sub(earlier.evictions.expired),
                size: self.evictions.size.saturating_sub(earlier.evictions.size),
            },
            size: self.size,
            load_time: self.load_time.saturating_sub(earlier.load_time),
            time_saved: self.time_saved.saturating_sub(earlier.time_saved),
        }
    }

    /// The mean time of a load; zero before the first.
    pub fn mean_load_time(&self) -> Duration {
        mean(self.load_time, self.loads)
    }
}

fn mean(total: Duration, count: u64) -> Duration {
    Duration::from_nanos(nanos(total).checked_div(count).unwrap_or(0))
}

/// Sums the call sites that share a name.
impl AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.coalesced += other.coalesced;
        self.loads += other.loads;
        self.load_errors += other.load_errors;
        self.puts += other.puts;
        self.refreshes += other.refreshes;
        self.invalidations.key += other.invalidations.key;
        self.invalidations.cache += other.invalidations.cache;
        self.evictions.expired += other.evictions.expired;
        self.evictions.size += other.evictions.size;
        self.size += other.size;
        self.load_time += other.load_time;
        self.time_saved += other.time_saved;
    }
}
