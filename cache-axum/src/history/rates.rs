//! The rates of one cache.

use serde::Serialize;

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
    pub(crate) stale_per_second: f64,
    /// The share of requests that were hits; `None` without requests.
    pub(crate) hit_ratio: Option<f64>,
    /// The share of loads that failed; `None` without loads.
    pub(crate) load_error_ratio: Option<f64>,
    #[serde(skip)]
    pub(crate) requests: u64,
    #[serde(skip)]
    pub(crate) loads: u64,
}
