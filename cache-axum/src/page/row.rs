//! One cache as the live page shows it.

use cachery_core::{Backend, CacheReport};
use serde::Serialize;

use crate::{admin::Admin, level::Level, report::Quantiles};

/// One cache: its level of the health, and the numbers of its row.
#[derive(PartialEq, Serialize)]
pub(super) struct Row {
    #[serde(flatten)]
    level: Level,
    /// The places where its functions keep entries.
    backends: Vec<Backend>,
    /// Of the last minute.
    requests_per_second: Option<f64>,
    load_p95_seconds: Option<f64>,
    coalesced: u64,
    /// Calls that a value past its ttl served.
    stale: u64,
    time_saved_seconds: f64,
    /// The most bytes of its entries, where there is a bound.
    max_bytes: Option<u64>,
}

impl Row {
    /// Creates the row of a cache from its `level` and its report.
    pub(super) fn new(admin: &Admin, level: Level, report: &CacheReport) -> Self {
        let CacheReport { name, stats, sites, .. } = report;
        let mut backends: Vec<_> = sites.iter().map(|site| site.policy.backend).collect();
        backends.dedup();
        let freshness = &stats.freshness;
        Self {
            backends,
            requests_per_second: admin
                .history
                .rates(name, stats)
                .minute
                .map(|rate| rate.requests_per_second),
            load_p95_seconds: Quantiles::of(admin.caches.get(name).as_ref()).p95,
            coalesced: stats.coalesced,
            stale: freshness.stale.saturating_add(freshness.on_error),
            time_saved_seconds: stats.time_saved.as_secs_f64(),
            max_bytes: sites.iter().map(|site| site.policy.max_bytes).sum(),
            level,
        }
    }
}
