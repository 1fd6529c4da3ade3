//! Counters, statistics, metrics and spans: the caches as seen from outside.
//!
//! `counters` count at a call site, and `stats` is their snapshot for users. A remote tier reports
//! its connections and requests to `totals`. `metrics` hands both to the `metrics` recorder, and
//! `spans` are those of `tracing`. Never is a key in a label or a span.

mod counter;
mod counters;
mod metrics;
mod spans;
mod stats;
mod stripes;
mod totals;

pub(crate) use counters::{Counters, micros};
pub(crate) use metrics::{describe, flush, flush_queued, record_load};
pub(crate) use spans::{get_span, load_span, record_hit};
pub use stats::{Evictions, Invalidations, RemoteStats, Stats};
pub use totals::{breaker, connection, lost, request};
pub(crate) use totals::{fallback, flush as flush_totals};
