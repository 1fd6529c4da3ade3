//! The counters of the last hour, for rates.

mod counts;
mod point;
mod rates;

pub(crate) use point::Point;
pub(crate) use rates::{Rate, Rates};

use std::{collections::VecDeque, time::Duration};

use cachery_core::{Caches, Stats};
use counts::Counts;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::dates::Dates;

/// The longest window of a rate.
const LONGEST: Duration = Duration::from_secs(3600);
/// The shortest time over which a rate means something.
const SHORTEST: Duration = Duration::from_secs(1);

/// The points that are shown: those of a quarter of an hour.
const MOST_POINTS: usize = 60;

/// Samples of the counters of all caches: those of the last hour, and the newest one before it.
/// A sample has 48 bytes for each cache, and there are 241 of them.
pub(crate) struct History {
    names: Vec<&'static str>,
    samples: Mutex<VecDeque<Sample>>,
}

/// The counters of all caches at one moment, in the order of their names.
struct Sample {
    at: Instant,
    counts: Vec<Counts>,
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

    /// Returns the requests between each two samples, of which the later one is newer than `after`
    /// in Unix seconds; at most the latest [`MOST_POINTS`].
    pub(crate) fn points(&self, dates: &Dates, after: u64) -> Vec<Point> {
        let samples = self.samples.lock();
        let first = samples.len().saturating_sub(MOST_POINTS + 1);
        let pairs = samples.iter().skip(first).zip(samples.iter().skip(first + 1));
        let points = pairs.filter(|(_, later)| dates.of(later.at) > after);
        points.map(|(earlier, later)| self.point(dates, earlier, later)).collect()
    }

    fn point(&self, dates: &Dates, earlier: &Sample, later: &Sample) -> Point {
        let counts = earlier.counts.iter().zip(&later.counts);
        let requests = counts.map(|(earlier, later)| later.requests_since(earlier));
        let caches = self.names.iter().copied().zip(requests);
        Point {
            at: dates.of(later.at),
            seconds: later.at.duration_since(earlier.at).as_secs_f64(),
            caches: caches.filter(|(_, [requests, _])| *requests > 0).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(hits: u64) -> Counts {
        Counts { hits, ..Counts::default() }
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

    #[tokio::test(start_paused = true)]
    async fn a_point_has_the_requests_between_two_samples_of_caches_that_had_some() {
        let dates = Dates::default();
        let begin = dates.now();
        let history = History { names: vec!["a", "b"], samples: Mutex::default() };
        for hits in [0, 30, 90] {
            let sample = Sample { at: Instant::now(), counts: vec![counts(hits), counts(0)] };
            history.samples.lock().push_back(sample);
            tokio::time::advance(Duration::from_secs(15)).await;
        }
        let point = |at, requests| Point {
            at: begin + at,
            seconds: 15.0,
            caches: [("a", [requests, requests])].into(),
        };
        assert_eq!(history.points(&dates, 0), [point(15, 30), point(30, 60)]);
        assert_eq!(history.points(&dates, begin + 15), [point(30, 60)]);
        assert_eq!(history.points(&dates, begin + 30), []);
    }

    #[tokio::test(start_paused = true)]
    async fn the_points_are_those_of_a_quarter_of_an_hour() {
        let dates = Dates::default();
        let history = after(3600).await;
        let points = history.points(&dates, 0);
        assert_eq!((points.len(), points[59].at - points[0].at), (60, 59 * 15));
    }
}
