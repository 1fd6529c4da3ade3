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
    /// The money that the cache has saved, where its loads cost something.
    saved: Option<Saved>,
    /// The most bytes of its entries, where there is a bound.
    max_bytes: Option<u64>,
}

/// An amount of money.
#[derive(PartialEq, Serialize)]
struct Saved {
    /// In units; negative for a cache whose refreshes cost more than it saves.
    amount: f64,
    unit: String,
}

impl Row {
    /// Creates the row of a cache from its `level` and its report. Costs are in `unit`s.
    pub(super) fn new(admin: &Admin, level: Level, report: &CacheReport, unit: &str) -> Self {
        let CacheReport { name, stats, sites, ledger, .. } = report;
        #[expect(clippy::cast_precision_loss, reason = "a page shows no more than three digits")]
        let saved = ledger
            .as_ref()
            .map(|ledger| Saved { amount: ledger.saved as f64 / 1e9, unit: unit.to_owned() });
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
            saved,
            max_bytes: sites.iter().map(|site| site.policy.max_bytes).sum(),
            level,
        }
    }
}
