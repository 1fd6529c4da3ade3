//! The statistics of caches, as the routes return them.

use serde::Deserialize;
use serde_json::Value;

/// All caches of a service.
#[derive(Deserialize)]
pub(crate) struct Caches {
    pub(crate) caches: Vec<Cache>,
}

/// One cache.
#[derive(Clone, Deserialize)]
pub(crate) struct Cache {
    pub(crate) name: String,
    pub(crate) stats: Stats,
    /// `None` where the size of values is not known.
    #[serde(default)]
    pub(crate) bytes: Option<u64>,
    /// `None` where no load costs anything.
    #[serde(default)]
    pub(crate) ledger: Option<Ledger>,
    #[serde(default)]
    pub(crate) sites: Vec<Site>,
    #[serde(default)]
    pub(crate) rates: Rates,
    #[serde(default)]
    pub(crate) load_seconds: Quantiles,
}

/// The counts of a cache. A count that the service does not have yet is zero.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Stats {
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    pub(crate) coalesced: u64,
    pub(crate) loads: u64,
    pub(crate) load_errors: u64,
    pub(crate) puts: u64,
    pub(crate) size: u64,
    /// In seconds.
    pub(crate) load_time: f64,
    /// In seconds.
    pub(crate) time_saved: f64,
    pub(crate) invalidations: Invalidations,
    pub(crate) evictions: Evictions,
    pub(crate) remote: Remote,
    pub(crate) money: Money,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Invalidations {
    pub(crate) key: u64,
    pub(crate) cache: u64,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Evictions {
    pub(crate) expired: u64,
    pub(crate) size: u64,
    pub(crate) bytes: u64,
    pub(crate) too_large: u64,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Remote {
    pub(crate) hits: u64,
    pub(crate) corrupt: u64,
    pub(crate) unavailable: u64,
    /// Values that were not stored, by reason.
    pub(crate) unstorable: std::collections::BTreeMap<String, u64>,
}

/// The money of a cache, in billionths of a unit.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Money {
    pub(crate) refresh: u64,
    pub(crate) saved_by_hits: u64,
    pub(crate) saved_by_coalescing: u64,
    pub(crate) saved_by_dedup: u64,
    pub(crate) over_budget: u64,
}

/// The bill of a cache, in billionths of a unit.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) spent: i64,
    pub(crate) saved: i64,
}

/// One function of a cache.
#[derive(Clone, Deserialize)]
pub(crate) struct Site {
    pub(crate) function: String,
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) policy: Policy,
}

/// The settings of a function in effect.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Policy {
    /// In seconds; `None` for ever.
    pub(crate) ttl: Option<f64>,
    pub(crate) capacity: u64,
    pub(crate) enabled: bool,
    pub(crate) backend: String,
}

/// The rates of a cache. The first moments have none.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rates {
    #[serde(rename = "1m")]
    pub(crate) minute: Option<Rate>,
    #[serde(rename = "5m")]
    pub(crate) five_minutes: Option<Rate>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Rate {
    pub(crate) requests_per_second: f64,
    pub(crate) load_errors_per_second: f64,
    pub(crate) hit_ratio: Option<f64>,
}

/// Times of loads, in seconds; `None` before the first.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Quantiles {
    pub(crate) p50: Option<f64>,
    pub(crate) p95: Option<f64>,
    pub(crate) p99: Option<f64>,
}

impl Caches {
    pub(super) fn read(body: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(body)
    }
}

impl Cache {
    /// Returns the number of calls.
    pub(crate) fn calls(&self) -> u64 {
        self.stats.hits.saturating_add(self.stats.misses)
    }

    /// Returns the share of calls that were hits, of five minutes, else of all; `None` without calls.
    pub(crate) fn hit_ratio(&self) -> Option<f64> {
        let recent = self.rates.five_minutes.as_ref().and_then(|rate| rate.hit_ratio);
        recent.or_else(|| ratio(self.stats.hits, self.calls()))
    }

    /// Returns the most entries of all functions together.
    pub(crate) fn capacity(&self) -> u64 {
        self.sites.iter().map(|site| site.policy.capacity).sum()
    }
}

/// Returns `part / of`; `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "a ratio needs no 64 bits")]
pub(crate) fn ratio(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}
