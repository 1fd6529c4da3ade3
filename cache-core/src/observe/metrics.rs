//! The way of counters to the `metrics` recorder. `metric_list` describes each metric.
//!
//! A `metrics` handle that is made before its recorder is installed reports nowhere for ever. So
//! the counters are our own, and [`flush`] hands their totals over again and again.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use cachery_syntax::Backend;
use metrics::{IntoF64, counter, gauge, histogram};

use super::{
    resources::Resources,
    stats::{Evictions, FreshnessStats, Stats},
};
use crate::{
    health::Breaker,
    remote::{Operation, QueuedInvalidations},
    spending::BudgetReport,
};

/// Records an attempt to connect to a server.
pub(crate) fn record_connect(took: Duration) {
    histogram!("cache_connect_seconds").record(took);
}

/// Records a request to a server that `began` then and ends now.
pub(crate) fn record_request(op: Operation, began: Instant) {
    // A constant label allocates nothing, and a hit is a `get`.
    let seconds = if op == Operation::Get {
        histogram!("cache_backend_seconds", "op" => "get")
    } else {
        histogram!("cache_backend_seconds", "op" => op.as_str())
    };
    seconds.record(Since(began));
}

/// The seconds since a moment. Without a recorder, the clock is not read.
struct Since(Instant);

impl IntoF64 for Since {
    fn into_f64(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Hands one total of the process to the recorder.
pub(crate) fn count(metric: &'static str, labels: &[(&'static str, &'static str)], total: u64) {
    let labels: Vec<_> =
        labels.iter().map(|(name, value)| metrics::Label::new(*name, *value)).collect();
    counter!(metric, labels).absolute(total);
}

/// Hands the state of a breaker to the recorder: 0 closed, 0.5 half open, 1 open.
pub(crate) fn breaker(address: &str, state: Breaker) {
    let state = match state {
        Breaker::Closed => 0.0,
        Breaker::HalfOpen => 0.5,
        Breaker::Open => 1.0,
    };
    gauge!("cache_breaker_state", "server" => address.to_owned()).set(state);
}

/// Hands the state of a link to the recorder: 1 while its server pushes invalidations, else 0.
pub(crate) fn push(address: &str, is_up: bool) {
    gauge!("cache_push_up", "server" => address.to_owned()).set(f64::from(u8::from(is_up)));
}

/// Hands the distance between a server's clock and ours to the recorder.
pub(crate) fn clock_offset(address: &str, seconds: f64) {
    gauge!("cache_clock_offset_seconds", "server" => address.to_owned()).set(seconds);
}

/// Hands the state of the queue of invalidations to the recorder.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn flush_queued(queued: QueuedInvalidations) {
    gauge!("cache_queue_length").set(queued.length as f64);
    gauge!("cache_queue_oldest_seconds").set(queued.oldest.as_secs_f64());
}

/// Hands the budget of a cache to the recorder.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn flush_budget(cache: &'static str, budget: BudgetReport) {
    for (kind, nanos) in [("limit", budget.limit), ("used", budget.used)] {
        gauge!("cache_budget_nanos", "cache" => cache, "kind" => kind).set(nanos as f64);
    }
}

/// Hands the numbers of tasks, queues and tables to the recorder.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn flush_resources(resources: &Resources) {
    for (resource, count) in resources.iter() {
        gauge!("cache_resources", "kind" => resource.as_str()).set(count as f64);
    }
}

/// Hands the backend of a cache to the recorder, with the prefix of its keys in Redis if it has
/// any there.
pub(crate) fn flush_info(cache: &'static str, backend: Backend, prefix: &str) {
    let backend_name = metrics::Label::new("backend", backend.to_string());
    let mut labels = vec![metrics::Label::new("cache", cache), backend_name];
    if backend != Backend::Memory {
        labels.push(metrics::Label::new("prefix", prefix.to_owned()));
    }
    gauge!("cache_info", labels).set(1.0);
}

/// Records a load at once: a histogram has no total that could be handed over later.
pub(crate) fn record_load(cache: &'static str, took: Duration, failed: bool) {
    let result = if failed { "error" } else { "success" };
    histogram!("cache_load_seconds", "cache" => cache, "result" => result).record(took);
}

/// The histogram of the sizes of a cache's batches. It has its key beforehand, because a call in
/// which all items are hits makes no label.
#[derive(Default)]
pub(crate) struct BatchSizes(OnceLock<metrics::Key>);

impl BatchSizes {
    /// Records a batch of `size` items of the cache `name`.
    #[expect(clippy::cast_precision_loss, reason = "a histogram has floats")]
    pub(crate) fn record(&self, name: &'static str, size: usize) {
        const METADATA: metrics::Metadata<'_> =
            metrics::Metadata::new(module_path!(), metrics::Level::INFO, Some(module_path!()));
        let key = || {
            let labels = vec![metrics::Label::new("cache", name)];
            metrics::Key::from_parts("cache_batch_size", labels)
        };
        let key = self.0.get_or_init(key);
        metrics::with_recorder(|recorder| recorder.register_histogram(key, &METADATA))
            .record(size as f64);
    }
}

/// Hands the totals about values past their ttl to the recorder.
fn flush_freshness(cache: &'static str, stats: &FreshnessStats) {
    let served = [
        ("stale", stats.stale),
        ("error", stats.on_error),
        ("timeout", stats.on_timeout),
        ("budget", stats.over_budget),
    ];
    for (reason, count) in served {
        counter!("cache_stale_served_total", "cache" => cache, "reason" => reason).absolute(count);
    }
    counter!("cache_background_shed_total", "cache" => cache).absolute(stats.background_shed);
    let refreshes = [
        ("call", "success", stats.refreshed),
        ("call", "error", stats.refresh_errors),
        ("inline", "success", stats.refreshed_inline),
        ("inline", "error", stats.inline_errors),
        ("background", "success", stats.refreshed_in_background),
        ("background", "error", stats.background_errors),
    ];
    for (kind, outcome, count) in refreshes {
        counter!("cache_refreshes_total", "cache" => cache, "kind" => kind, "outcome" => outcome)
            .absolute(count);
    }
}

/// Hands the number of loads that run in tasks to the recorder.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn flush_detached(cache: &'static str, running: usize) {
    gauge!("cache_loads_in_flight", "cache" => cache).set(running as f64);
}

/// Hands the totals of one cache to the recorder that is installed now.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn flush(cache: &'static str, stats: &Stats) {
    counter!("cache_gets_total", "cache" => cache, "result" => "hit", "tier" => "memory")
        .absolute(stats.hits.saturating_sub(stats.remote.hits));
    counter!("cache_gets_total", "cache" => cache, "result" => "hit", "tier" => "remote")
        .absolute(stats.remote.hits);
    counter!("cache_gets_total", "cache" => cache, "result" => "miss", "tier" => "none")
        .absolute(stats.misses);
    counter!("cache_coalesced_total", "cache" => cache).absolute(stats.coalesced);
    counter!("cache_puts_total", "cache" => cache).absolute(stats.puts);
    flush_freshness(cache, &stats.freshness);
    counter!("cache_declined_total", "cache" => cache).absolute(stats.declined);
    let Evictions { expired, size, bytes, too_large } = stats.evictions;
    let evictions =
        [("expired", expired), ("size", size), ("bytes", bytes), ("too-large", too_large)];
    for (cause, count) in evictions {
        counter!("cache_evictions_total", "cache" => cache, "cause" => cause).absolute(count);
    }
    let invalidations = [("key", stats.invalidations.key), ("cache", stats.invalidations.cache)];
    for (kind, count) in invalidations {
        counter!("cache_invalidations_total", "cache" => cache, "kind" => kind, "source" => "local")
            .absolute(count);
    }
    counter!("cache_invalidations_total", "cache" => cache, "kind" => "key", "source" => "remote")
        .absolute(stats.remote.invalidations);
    for (reason, count) in stats.remote.unstorable.by_reason() {
        counter!("cache_unstorable_total", "cache" => cache, "reason" => reason.as_str())
            .absolute(count);
    }
    counter!("cache_corrupt_total", "cache" => cache).absolute(stats.remote.corrupt);
    counter!("cache_saved_seconds_total", "cache" => cache).absolute(stats.time_saved.as_secs());
    for (kind, nanos) in stats.money.by_kind() {
        counter!("cache_cost_nanos_total", "cache" => cache, "kind" => kind).absolute(nanos);
    }
    counter!("cache_over_budget_total", "cache" => cache).absolute(stats.money.over_budget);
    gauge!("cache_size", "cache" => cache).set(stats.size as f64);
    gauge!("cache_size_bytes", "cache" => cache).set(stats.bytes as f64);
    for result in ["success", "error"] {
        // Nothing is recorded: a recorder that shows empty histograms shows these from the start.
        drop(histogram!("cache_load_seconds", "cache" => cache, "result" => result));
    }
}
