//! Counters, statistics, metrics and spans: the caches as seen from outside.
//!
//! `counters` count at a call site, and `stats` is their snapshot for users. A remote tier reports
//! its connections and requests to `totals`. `metrics` hands both to the `metrics` recorder,
//! `metric_list` describes them, `resources` bounds the work beside the calls, and `spans` are those of
//! `tracing`. Never is a key in a label or a
//! span.

mod counter;
mod counters;
mod load_times;
pub mod metric_list;
mod metrics;
mod money;
pub mod resources;
mod spans;
mod stats;
mod stripes;
mod totals;

pub(crate) use counters::{Counters, micros};
pub use load_times::LoadTimes;
pub(crate) use metric_list::describe;
pub(crate) use metrics::{
    BatchSizes, flush, flush_budget, flush_detached, flush_info, flush_queued, flush_resources,
    record_load,
};
pub use resources::{Resource, Resources};
pub(crate) use spans::{get_span, load_span, record_hit, wait_span};
pub(crate) use stats::StaleReason;
pub use stats::{
    BatchStats, Evictions, FreshnessStats, Invalidations, MoneyStats, RemoteStats, Stats,
    UnstorableStats,
};
pub(crate) use stripes::Pace;
pub(crate) use totals::{begin as begin_totals, fallback, flush as flush_totals};
pub use totals::{breaker, clock_offset, connection, lost, push, request};
