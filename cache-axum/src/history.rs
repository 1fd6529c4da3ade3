//! The counters of the last hour, for rates.

use std::{collections::VecDeque, time::Duration};

use cachery_core::{Caches, Stats};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::time::Instant;

/// The longest window of a rate.
const LONGEST: Duration = Duration::from_secs(3600);
/// The shortest time over which a rate means something.
const SHORTEST: Duration = Duration::from_secs(1);

/// Samples of the counters of all caches: those of the last hour, and the newest one before it.
/// A sample has 40 bytes for each cache, and there are 241 of them.
pub(crate) struct History {
    names: Vec<&'static str>,
    samples: Mutex<VecDeque<Sample>>,
}

/// The counters of all caches at one moment, in the order of their names.
struct Sample {
    at: Instant,
    counts: Vec<Counts>,
}

/// The counters of one cache at one moment.
#[derive(Clone, Copy)]
struct Counts {
    hits: u64,
    misses: u64,
    coalesced: u64,
    loads: u64,
    load_errors: u64,
}

/// The rates of one cache over the last minute, five minutes and hour. A window for which the
/// routes have not been there is shorter. All are `None` in the first second.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Rates {
    #[serde(rename = "1m")]
    pub(crate) minute: Option<Rate>,
    #[serde(rename = "5m")]
    pub(crate) five_minutes: Option<Rate>,
    #[serde(rename = "1h")]
    pub(crate) hour: Option<Rate>,
}

/// The events of one cache in each second of one window, to a thousandth.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Rate {
    pub(crate) requests_per_second: f64,
    pub(crate) loads_per_second: f64,
    pub(crate) load_errors_per_second: f64,
    pub(crate) coalesced_per_second: f64,
    /// The share of requests that were hits; `None` without requests.
    pub(crate) hit_ratio: Option<f64>,
    /// The share of loads that failed; `None` without loads.
    pub(crate) load_error_ratio: Option<f64>,
    #[serde(skip)]
    pub(crate) requests: u64,
    #[serde(skip)]
    pub(crate) loads: u64,
}

impl History {
    /// Creates a history that begins now.
    pub(crate) fn new(caches: &Caches) -> Self {
        let history = Self { names: caches.names(), samples: Mutex::default() };
        history.sample(caches);
        history
    }

    /// Adds a sample.
    pub(crate) fn sample(&self, caches: &Caches) {
        let stats = |name: &&str| caches.get(name).map(|cache| cache.stats()).unwrap_or_default();
        let counts = self.names.iter().map(|name| Counts::from(&stats(name))).collect();
        let now = Instant::now();
        let mut samples = self.samples.lock();
        samples.push_back(Sample { at: now, counts });
        // One sample that is older stays: the hour begins with it.
        while samples.get(1).is_some_and(|second| now.duration_since(second.at) >= LONGEST) {
            samples.pop_front();
        }
    }

    /// Returns the rates of the cache called `name`, whose statistics are `now`.
    pub(crate) fn rates(&self, name: &str, now: &Stats) -> Rates {
        let Ok(place) = self.names.binary_search(&name) else { return Rates::default() };
        let now = Counts::from(now);
        let rate = |seconds| self.rate(place, &now, Duration::from_secs(seconds));
        Rates { minute: rate(60), five_minutes: rate(300), hour: rate(3600) }
    }

    /// Returns the rate since the newest sample that is as old as `window`, or the oldest one.
    fn rate(&self, place: usize, now: &Counts, window: Duration) -> Option<Rate> {
        let at = Instant::now();
        let samples = self.samples.lock();
        let newer = samples.partition_point(|sample| at.duration_since(sample.at) >= window);
        let sample = samples.get(newer.saturating_sub(1))?;
        let elapsed = at.duration_since(sample.at);
        (elapsed >= SHORTEST).then(|| now.rate_since(&sample.counts[place], elapsed))
    }
}

impl From<&Stats> for Counts {
    fn from(stats: &Stats) -> Self {
        let Stats { hits, misses, coalesced, loads, load_errors, .. } = *stats;
        Self { hits, misses, coalesced, loads, load_errors }
    }
}

impl Counts {
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no 64 bits")]
    fn rate_since(&self, earlier: &Self, elapsed: Duration) -> Rate {
        let since = |count: fn(&Self) -> u64| count(self).saturating_sub(count(earlier));
        let hits = since(|counts| counts.hits);
        let requests = hits.saturating_add(since(|counts| counts.misses));
        let loads = since(|counts| counts.loads);
        let errors = since(|counts| counts.load_errors);
        let per_second = |count: u64| thousandth(count as f64 / elapsed.as_secs_f64());
        let ratio = |part: u64, of: u64| (of > 0).then(|| thousandth(part as f64 / of as f64));
        Rate {
            requests_per_second: per_second(requests),
            loads_per_second: per_second(loads),
            load_errors_per_second: per_second(errors),
            coalesced_per_second: per_second(since(|counts| counts.coalesced)),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(hits: u64) -> Counts {
        Counts { hits, misses: 0, coalesced: 0, loads: 0, load_errors: 0 }
    }

    /// A history of one cache that is hit once a second and sampled every 15 s, after `seconds`.
    async fn after(seconds: u64) -> History {
        let history = History { names: vec!["a"], samples: Mutex::default() };
        for second in (0..=seconds).step_by(15) {
            let sample = Sample { at: Instant::now(), counts: vec![counts(second)] };
            history.samples.lock().push_back(sample);
            tokio::time::advance(Duration::from_secs(15)).await;
        }
        history
    }

    fn hits(hits: u64) -> Stats {
        let mut stats = Stats::default();
        stats.hits = hits;
        stats
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_that_of_its_window() {
        let history = after(585).await;
        // Ten minutes with one hit a second are over, and 60 more have come just now.
        let rates = history.rates("a", &hits(660));
        let per_second = |rate: Option<Rate>| rate.unwrap().requests_per_second;
        assert!((per_second(rates.minute) - 2.0).abs() < 1e-9);
        assert!((per_second(rates.five_minutes) - 1.2).abs() < 1e-9);
        assert!((per_second(rates.hour) - 1.1).abs() < 1e-9);
        assert_eq!(rates.minute.unwrap().hit_ratio, Some(1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn the_history_keeps_an_hour() {
        let caches = Caches::isolated();
        let history = History::new(&caches);
        for _ in 0..1000 {
            tokio::time::advance(Duration::from_secs(15)).await;
            history.sample(&caches);
        }
        assert_eq!(history.samples.lock().len(), 241);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_second_has_no_rate() {
        let history = after(0).await;
        let young = History { names: vec!["a"], samples: Mutex::default() };
        young.samples.lock().push_back(Sample { at: Instant::now(), counts: vec![counts(0)] });
        assert!(young.rates("a", &hits(1)).minute.is_none());
        assert!(history.rates("a", &hits(15)).minute.is_some());
        assert!(history.rates("unknown", &hits(15)).minute.is_none());
    }
}
