//! Statistics as the routes show them.

use cachery_core::{CacheConfig, CacheHandle, CacheReport, Fault, LoadTimes, Stats};
use serde::Serialize;

use crate::{admin::Admin, history::Rates};

/// All caches.
#[derive(Serialize)]
pub(crate) struct All {
    /// The sum over all caches.
    pub(crate) total: Stats,
    pub(crate) caches: Vec<One>,
    /// Wrong settings that are ignored.
    pub(crate) faults: Vec<Fault>,
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
