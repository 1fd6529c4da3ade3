//! Exact counters of one call site, and their snapshot.

use std::{
    cell::Cell,
    ops::AddAssign,
    sync::atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
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

const NANOS_PER_MICRO: u64 = 1000;

/// A duration in microseconds, the unit of all sums of times: sums of nanoseconds would leave 64 bits within days. A begun
/// one counts as a whole, so that loads shorter than that are not nothing.
fn micros(duration: Duration) -> u64 {
    nanos(duration).div_ceil(NANOS_PER_MICRO)
}

/// Stripes for the counters that every hit touches, so that threads do not fight for one cache line. The first stripe is
/// shared; each other one belongs to one thread at a time, which need not lock the bus to count.
const STRIPES: usize = 16;
const SHARED: usize = 0;

/// The stripes that no thread has: bit `n` stands for stripe `n`.
static FREE: AtomicU64 = AtomicU64::new((1 << STRIPES) - 1 - (1 << SHARED));

thread_local! {
    /// What a hit reads: without a destructor, so without a look at whether that has run.
    static STRIPE: Cell<Option<usize>> = const { Cell::new(None) };
    /// Gives this thread's stripe back when the thread ends.
    static LEASE: Lease = Lease::take();
}

/// This thread's stripe. Threads beyond the number of stripes share the first.
#[inline]
fn stripe() -> usize {
    STRIPE.get().unwrap_or_else(take_stripe)
}

#[cold]
fn take_stripe() -> usize {
    // A thread that ends may still count after its lease is over: destructors of its locals may call.
    let stripe = LEASE.try_with(|lease| lease.0).unwrap_or(SHARED);
    STRIPE.set(Some(stripe));
    stripe
}

/// A thread's right to its stripe.
struct Lease(usize);

impl Lease {
    /// The lowest free stripe, or the shared one.
    fn take() -> Self {
        let without_lowest = |free: u64| (free != 0).then(|| free & (free - 1));
        // Acquire, and release below: the last owner's counts are seen before this thread adds to them.
        match FREE.fetch_update(Acquire, Relaxed, without_lowest) {
            Ok(free) => Self(free.trailing_zeros() as usize),
            Err(_) => Self(SHARED),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        STRIPE.set(Some(SHARED));
        if self.0 != SHARED {
            FREE.fetch_or(1 << self.0, Release);
        }
    }
}

#[derive(Default)]
struct HitStripe {
    hits: Counter,
    saved_micros: Counter,
}

/// What happened at one call site since it was first used.
#[derive(Default)]
pub(crate) struct Counters {
    stripes: [CachePadded<HitStripe>; STRIPES],
    pub(crate) misses: Counter,
    pub(crate) coalesced: Counter,
    pub(crate) loads: Counter,
    pub(crate) load_errors: Counter,
    load_micros: Counter,
    pub(crate) puts: Counter,
    pub(crate) refreshes: Counter,
    pub(crate) invalidated_keys: Counter,
    pub(crate) clears: Counter,
    pub(crate) expired: Counter,
    pub(crate) evicted_for_size: Counter,
    pub(crate) remote_hits: Counter,
    pub(crate) invalidated_elsewhere: Counter,
    pub(crate) fenced: Counter,
    pub(crate) unreadable: Counter,
    pub(crate) oversized: Counter,
    pub(crate) unavailable: Counter,
}

impl Counters {
    /// One call answered from memory by a value whose load took `load_nanos`.
    #[inline]
    pub(crate) fn hit(&self, load_nanos: u64) {
        let load_micros = load_nanos.div_ceil(NANOS_PER_MICRO);
        let stripe = stripe();
        let HitStripe { hits, saved_micros } = &*self.stripes[stripe];
        if stripe == SHARED {
            hits.add(1);
            saved_micros.add(load_micros);
        } else {
            hits.add_alone(1);
            saved_micros.add_alone(load_micros);
        }
    }

    /// One call answered by the remote tier, with a value whose load took `load_nanos`.
    pub(crate) fn remote_hit(&self, load_nanos: u64) {
        self.remote_hits.add(1);
        self.hit(load_nanos);
    }

    /// One load that ran to its end.
    pub(crate) fn load(&self, took: Duration, failed: bool) {
        self.loads.add(1);
        self.load_errors.add(u64::from(failed));
        self.load_micros.add(micros(took));
    }

    pub(crate) fn mean_load_time(&self) -> Duration {
        mean(Duration::from_micros(self.load_micros.get()), self.loads.get())
    }

    /// All counters now. Everything that happened before this call, in the caller's view, is in it.
    pub(crate) fn snapshot(&self, size: u64) -> Stats {
        // Wraps like each counter, so that it is right whatever wrapped before.
        let sum = |pick: fn(&HitStripe) -> &Counter| {
            self.stripes.iter().map(|stripe| pick(stripe).get()).fold(0, u64::wrapping_add)
        };
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
            remote: RemoteStats {
                hits: self.remote_hits.get(),
                invalidations: self.invalidated_elsewhere.get(),
                fenced: self.fenced.get(),
                unreadable: self.unreadable.get(),
                oversized: self.oversized.get(),
                unavailable: self.unavailable.get(),
            },
            size,
            load_time: Duration::from_micros(self.load_micros.get()),
            time_saved: Duration::from_micros(sum(|stripe| &stripe.saved_micros)),
        }
    }
}

/// What happened in a cache since it was first used. Exact: nothing is sampled or estimated, but for the one
/// assumption in [`time_saved`](Self::time_saved). Of the time of each load, a begun microsecond counts as a whole.
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
    /// What the remote tier had to do with it.
    pub remote: RemoteStats,
    /// Entries held now, in memory. Expired ones count until they are dropped.
    pub size: u64,
    /// The time that loads took, in sum.
    pub load_time: Duration,
    /// What hits saved: for each, the time of the load that made its value, waiting for the executor included.
    pub time_saved: Duration,
}

/// What the remote tier had to do with a cache. All zero for one that lives in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RemoteStats {
    /// Hits answered by it; the other hits were answered by memory.
    pub hits: u64,
    /// Keys that another node made unreadable, while this one listened.
    pub invalidations: u64,
    /// Values that were not stored because their key was invalidated after their load began.
    pub fenced: u64,
    /// Stored values that could not be read: damaged, foreign, or of another shape. Each was a miss and is overwritten.
    pub unreadable: u64,
    /// Values that were not sent: larger than `max_value_size`, or not to be written as bytes.
    pub oversized: u64,
    /// Questions that it did not answer in time, or at all.
    pub unavailable: u64,
}

impl RemoteStats {
    /// Each field combined with the other's.
    fn zip(self, other: Self, with: fn(u64, u64) -> u64) -> Self {
        Self {
            hits: with(self.hits, other.hits),
            invalidations: with(self.invalidations, other.invalidations),
            fenced: with(self.fenced, other.fenced),
            unreadable: with(self.unreadable, other.unreadable),
            oversized: with(self.oversized, other.oversized),
            unavailable: with(self.unavailable, other.unavailable),
        }
    }
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
        let calls = self.hits.saturating_add(self.misses);
        if calls == 0 { 0.0 } else { self.hits as f64 / calls as f64 }
    }

    /// What happened after `earlier`, a reading of the same cache. `size` is as it is now.
    ///
    /// ```
    /// # use cachery_core::Stats;
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
            remote: self.remote.zip(earlier.remote, u64::saturating_sub),
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
    let nanos = total.as_nanos().checked_div(u128::from(count)).unwrap_or(0);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Sums the call sites that share a name.
impl AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        self.hits = self.hits.saturating_add(other.hits);
        self.misses = self.misses.saturating_add(other.misses);
        self.coalesced = self.coalesced.saturating_add(other.coalesced);
        self.loads = self.loads.saturating_add(other.loads);
        self.load_errors = self.load_errors.saturating_add(other.load_errors);
        self.puts = self.puts.saturating_add(other.puts);
        self.refreshes = self.refreshes.saturating_add(other.refreshes);
        self.invalidations.key = self.invalidations.key.saturating_add(other.invalidations.key);
        self.invalidations.cache = self.invalidations.cache.saturating_add(other.invalidations.cache);
        self.evictions.expired = self.evictions.expired.saturating_add(other.evictions.expired);
        self.evictions.size = self.evictions.size.saturating_add(other.evictions.size);
        self.remote = self.remote.zip(other.remote, u64::saturating_add);
        self.size = self.size.saturating_add(other.size);
        self.load_time = self.load_time.saturating_add(other.load_time);
        self.time_saved = self.time_saved.saturating_add(other.time_saved);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError},
        thread,
    };

    use super::*;

    /// The stripes are the process's: one test at a time.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As much as 50,000 hits a second of two seconds each come to in a year and a half, over all stripes.
    #[test]
    fn years_of_hits_do_not_overflow_the_time_saved() {
        let _alone = alone();
        let counters = Counters::default();
        let (century, meeting) = (Duration::from_secs(100 * 365 * 24 * 3600), Barrier::new(STRIPES));
        thread::scope(|scope| {
            for _ in 0..STRIPES {
                scope.spawn(|| {
                    meeting.wait();
                    (0..100).for_each(|_| counters.hit(nanos(century)));
                    meeting.wait();
                });
            }
        });
        (0..1600).for_each(|_| counters.load(century, false));
        let stats = counters.snapshot(0);
        assert_eq!((stats.hits, stats.time_saved, stats.load_time), (1600, century * 1600, century * 1600));
        assert_eq!(stats.mean_load_time(), century);
    }

    #[test]
    fn sums_that_leave_their_range_do_not_panic() {
        let counters = Counters::default();
        counters.stripes[1].saved_micros.add(u64::MAX);
        counters.stripes[2].saved_micros.add(8);
        let mut sum = counters.snapshot(0);
        assert_eq!(sum.time_saved, Duration::from_micros(7));
        sum.time_saved = Duration::MAX;
        sum.hits = u64::MAX;
        sum += sum;
        assert_eq!((sum.hits, sum.time_saved), (u64::MAX, Duration::MAX));
        sum.misses = 1;
        assert!(sum.hit_ratio() <= 1.0);
    }

    #[test]
    fn a_begun_microsecond_is_a_whole_one_and_no_time_is_none() {
        let _alone = alone();
        let counters = Counters::default();
        for nanos in [0, 1, 1000, 1001] {
            counters.hit(nanos);
            counters.load(Duration::from_nanos(nanos), false);
        }
        let stats = counters.snapshot(0);
        let micros = Duration::from_micros(4);
        assert_eq!((stats.time_saved, stats.load_time), (micros, micros));
    }

    #[test]
    fn threads_give_their_stripes_back_and_no_count_is_lost() {
        let _alone = alone();
        let counters = Arc::new(Counters::default());
        let count = |times: u64| {
            let counters = Arc::clone(&counters);
            move || {
                (0..times).for_each(|_| counters.hit(1000));
                stripe()
            }
        };
        let one_after_another = || {
            for _ in 0..100 {
                let stripe = thread::spawn(count(10)).join().expect("it counted");
                assert_ne!(stripe, SHARED, "there are free ones");
            }
        };
        one_after_another();
        let crowd: Vec<_> = (0..40).map(|_| thread::spawn(count(10_000))).collect();
        for thread in crowd {
            thread.join().expect("it counted");
        }
        one_after_another();
        let stats = counters.snapshot(0);
        assert_eq!((stats.hits, stats.time_saved), (402_000, Duration::from_millis(402)));
    }

    #[test]
    fn a_thread_that_ends_counts_on_the_shared_stripe() {
        struct Late(Arc<Counters>);
        impl Drop for Late {
            fn drop(&mut self) {
                self.0.hit(0);
            }
        }
        thread_local! {
            static BEFORE: Cell<Option<Late>> = const { Cell::new(None) };
            static AFTER: Cell<Option<Late>> = const { Cell::new(None) };
        }
        let _alone = alone();
        let counters = Arc::new(Counters::default());
        let late = || Some(Late(Arc::clone(&counters)));
        let (before, after, now) = (late(), late(), Arc::clone(&counters));
        let thread = thread::spawn(move || {
            // One of them ends after the lease, whichever way round the platform goes.
            BEFORE.set(before);
            now.hit(0);
            AFTER.set(after);
        });
        thread.join().expect("it counted");
        assert_eq!((counters.snapshot(0).hits, counters.stripes[SHARED].hits.get()), (3, 1));
    }
}
