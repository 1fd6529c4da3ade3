//! The times of loads, counted in buckets.

use super::counter::Counter;

/// Buckets for each doubling of the time: a time is known to an eighth.
const STEPS: usize = 4;
/// The doublings of a microsecond up to 19 hours. Longer loads count as such.
const DOUBLINGS: usize = 36;
const BUCKETS: usize = (DOUBLINGS - 1) * STEPS;

/// The times of loads, counted in buckets.
pub(super) struct LoadBuckets([Counter; BUCKETS]);

impl Default for LoadBuckets {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Counter::default()))
    }
}

impl LoadBuckets {
    /// Counts a load that took so many microseconds.
    pub(super) fn add(&self, micros: u64) {
        self.0[bucket(micros)].add(1);
    }

    pub(super) fn read(&self) -> LoadTimes {
        LoadTimes(self.0.iter().map(Counter::get).collect())
    }
}

/// Returns the place of a time: below four microseconds each has its own, then each doubling has
/// [`STEPS`].
fn bucket(micros: u64) -> usize {
    let micros = micros.max(1);
    let doubling = usize::try_from(micros.ilog2()).unwrap_or(usize::MAX);
    if doubling < 2 {
        return usize::try_from(micros).unwrap_or(BUCKETS - 1);
    }
    let step = usize::try_from(micros >> (doubling - 2)).unwrap_or(0) % STEPS;
    ((doubling - 1) * STEPS + step).min(BUCKETS - 1)
}

/// Returns the middle of a bucket, in microseconds.
#[expect(clippy::cast_precision_loss, reason = "a time to an eighth needs no 64 bits")]
fn middle(bucket: usize) -> f64 {
    if bucket < STEPS {
        return bucket as f64;
    }
    let width = (1_u64 << (bucket / STEPS - 1)) as f64;
    ((STEPS + bucket % STEPS) as f64 + 0.5) * width
}

/// The times of the loads of a cache so far. Each is known to an eighth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadTimes(Vec<u64>);

impl LoadTimes {
    /// Adds the times of other loads.
    pub fn add(&mut self, other: &Self) {
        self.0.resize(BUCKETS, 0);
        self.0.iter_mut().zip(&other.0).for_each(|(sum, count)| *sum += count);
    }

    /// Returns the time in seconds that this share of loads, 0 to 1, did not exceed; `None` before
    /// the first load.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count is a count"
    )]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let loads: u64 = self.0.iter().sum();
        let rank = ((loads as f64 * share).ceil() as u64).max(1);
        let mut below = 0;
        let reached = |count: &u64| {
            below += count;
            below >= rank
        };
        Some(middle(self.0.iter().position(reached)?) / 1e6)
    }

    /// Returns the loads that are not in `earlier`, as times in seconds with their number.
    pub fn since(&self, earlier: &Self) -> impl Iterator<Item = (f64, usize)> {
        let earlier = earlier.0.iter().copied().chain(std::iter::repeat(0));
        let counts = self.0.iter().zip(earlier).enumerate();
        counts.filter_map(|(bucket, (now, before))| {
            let count = usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX);
            (count > 0).then(|| (middle(bucket) / 1e6, count))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_known_to_an_eighth() {
        for micros in (1..5000).chain((12..35).map(|power| (1 << power) + 17)) {
            let known = middle(bucket(micros));
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let micros = micros as f64;
            assert!((known - micros).abs() <= micros / 8.0, "{micros}: {known}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert_eq!(bucket(0), bucket(1));
    }

    #[test]
    fn buckets_are_in_order_and_all_are_used() {
        let mut last = 1;
        for micros in 1..100_000 {
            let next = bucket(micros);
            assert!(next == last || next == last + 1, "{micros}");
            last = next;
        }
    }

    #[test]
    fn a_quantile_is_the_time_that_so_many_do_not_exceed() {
        let buckets = LoadBuckets::default();
        assert_eq!(buckets.read().quantile(0.5), None);
        (1..=100).for_each(|n| buckets.add(n * 1000));
        let times = buckets.read();
        for (share, millis) in [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0), (0.0, 1.0), (1.0, 100.0)] {
            let found = times.quantile(share).unwrap() * 1e3;
            assert!((found - millis).abs() <= millis / 8.0, "{share}: {found}");
        }
    }

    #[test]
    fn only_later_loads_are_since() {
        let buckets = LoadBuckets::default();
        buckets.add(1000);
        let before = buckets.read();
        buckets.add(1000);
        buckets.add(1_000_000);
        let counts: Vec<_> = buckets.read().since(&before).map(|(_, count)| count).collect();
        assert_eq!(counts, [1, 1]);
        assert_eq!(buckets.read().since(&LoadTimes::default()).map(|(_, n)| n).sum::<usize>(), 3);
        assert_eq!(before.since(&before).count(), 0);
    }
}
