//! Statistics as the routes show them.

use cachery_core::{CacheConfig, CacheHandle, CacheReport, Caches, Fault, LoadTimes, Stats};
use serde::Serialize;

use crate::{admin::Admin, change, history::Rates};

/// All caches.
#[derive(Serialize)]
pub(crate) struct All {
    /// The sum over all caches.
    pub(crate) total: Stats,
    pub(crate) caches: Vec<One>,
    pub(crate) tags: Vec<TagReport>,
    /// Wrong settings that are ignored.
    pub(crate) faults: Vec<Fault>,
}

/// One tag.
#[derive(PartialEq, Serialize)]
pub(crate) struct TagReport {
    name: &'static str,
    /// The parts of its values, with their types.
    value: Vec<String>,
}

/// One cache.
#[derive(Serialize)]
pub(crate) struct One {
    #[serde(flatten)]
    pub(crate) report: CacheReport,
    pub(crate) rates: Rates,
    pub(crate) load_seconds: Quantiles,
    /// `None` where all caches are shown.
    #[serde(flatten)]
    pub(crate) details: Option<Details>,
}

/// The details of a cache that is asked for alone.
#[derive(Serialize)]
pub(crate) struct Details {
    /// The parts of its key, with their types.
    pub(crate) key: Vec<String>,
    /// Each setting in effect with its source, for each function.
    pub(crate) settings: Vec<CacheConfig>,
}

/// The times of all loads, in seconds, each known to an eighth; `None` before the first.
#[derive(Serialize)]
pub(crate) struct Quantiles {
    p50: Option<f64>,
    pub(crate) p95: Option<f64>,
    p99: Option<f64>,
}

impl TagReport {
    /// Returns all tags of the program, by their names.
    pub(crate) fn all(caches: &Caches) -> Vec<Self> {
        let tags = caches.tags().into_iter().filter_map(|name| caches.tag(name));
        tags.map(|tag| Self { name: tag.name(), value: change::parts_of_value(&tag) }).collect()
    }
}

impl One {
    pub(crate) fn new(admin: &Admin, report: CacheReport, details: Option<Details>) -> Self {
        let load_seconds = Quantiles::of(admin.caches.get(report.name).as_ref());
        let rates = admin.history.rates(report.name, &report.stats);
        Self { report, rates, load_seconds, details }
    }
}

impl Quantiles {
    pub(crate) fn of(cache: Option<&CacheHandle>) -> Self {
        let mut times = LoadTimes::default();
        if let Some(cache) = cache {
            times.add(&cache.load_times(false));
            times.add(&cache.load_times(true));
        }
        let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|share| times.quantile(share));
        Self { p50, p95, p99 }
    }
}
