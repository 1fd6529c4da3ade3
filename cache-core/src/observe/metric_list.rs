//! The list of all metrics: their names, labels and meanings. `docs/metrics.md` holds the same, and
//! a test compares them.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// A metric.
struct Metric {
    name: &'static str,
    kind: Kind,
    /// The labels, each with its values where they are few.
    labels: &'static [(&'static str, &'static str)],
    /// The meaning, in one line.
    meaning: &'static str,
}

#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    /// A gauge of seconds.
    Seconds,
    /// A histogram of seconds.
    Histogram,
    /// A histogram of numbers.
    Sizes,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Seconds => "gauge, in seconds",
            Self::Histogram => "histogram, in seconds",
            Self::Sizes => "histogram",
        }
    }
}

const CACHE: (&str, &str) = ("cache", "its name");

const METRICS: &[Metric] = &[
    Metric {
        name: "cache_gets_total",
        kind: Kind::Counter,
        labels: &[CACHE, ("result", "`hit`, `miss`"), ("tier", "`memory`, `remote`, `none`")],
        meaning: "Calls, by result and by the tier that served; `none` for a miss.",
    },
    Metric {
        name: "cache_coalesced_total",
        kind: Kind::Counter,
        labels: &[CACHE],
        meaning: "Misses that another caller's load served.",
    },
    Metric {
        name: "cache_load_seconds",
        kind: Kind::Histogram,
        labels: &[CACHE, ("result", "`success`, `error`")],
        meaning: "Time of a load, by result.",
    },
    Metric {
        name: "cache_saved_seconds_total",
        kind: Kind::Counter,
        labels: &[CACHE],
        meaning: "Load time that hits saved, in whole seconds.",
    },
    Metric {
        name: "cache_cost_nanos_total",
        kind: Kind::Counter,
        labels: &[
            CACHE,
            ("kind", "`spent`, `refresh`, `saved_hit`, `saved_coalesced`, `saved_dedup`"),
        ],
        meaning: "Money in billionths of a unit (`CACHE_COST_UNIT`), where `cost` tells it: spent by \
                  all loads, the part of it that refreshes spent, saved by hits, saved by callers \
                  who waited for another's load, and saved where a batch names an item again.",
    },
    Metric {
        name: "cache_batch_size",
        kind: Kind::Sizes,
        labels: &[CACHE],
        meaning: "Items of a batch.",
    },
    Metric {
        name: "cache_budget_nanos",
        kind: Kind::Gauge,
        labels: &[CACHE, ("kind", "`limit`, `used`")],
        meaning: "The budget of a cache that has one, and what is spent of it in the present window: \
                  billionths of a unit.",
    },
    Metric {
        name: "cache_over_budget_total",
        kind: Kind::Counter,
        labels: &[CACHE],
        meaning: "Loads that the budget did not allow.",
    },
    Metric {
        name: "cache_puts_total",
        kind: Kind::Counter,
        labels: &[CACHE],
        meaning: "Values stored, by loads and by `put`.",
    },
    Metric {
        name: "cache_declined_total",
        kind: Kind::Counter,
        labels: &[CACHE],
        meaning: "Values that were not to be stored, by `cache_if` or a time of zero.",
    },
    Metric {
        name: "cache_refreshes_total",
        kind: Kind::Counter,
        labels: &[
            CACHE,
            ("kind", "`call`, `inline`, `background`"),
            ("outcome", "`success`, `error`"),
        ],
        meaning: "Loads that renew a value, by outcome: a call of `refresh`, the call that found the value stale, or a task.",
    },
    Metric {
        name: "cache_loads_in_flight",
        kind: Kind::Gauge,
        labels: &[CACHE],
        meaning: "Loads that run in tasks of their own (`detach`).",
    },
    Metric {
        name: "cache_background_shed_total",
        kind: Kind::Counter,
        labels: &[CACHE],
        meaning: "Loads that renew values and did not begin because too many tasks ran.",
    },
    Metric {
        name: "cache_stale_served_total",
        kind: Kind::Counter,
        labels: &[CACHE, ("reason", "`stale`, `error`, `timeout`, `budget`")],
        meaning: "Calls that a value past its ttl served: a stale one, or one whose load had failed, taken longer than `soft_timeout` or been refused by the `budget`.",
    },
    Metric {
        name: "cache_invalidations_total",
        kind: Kind::Counter,
        labels: &[CACHE, ("kind", "`key`, `cache`"), ("source", "`local`, `remote`")],
        meaning: "Invalidations, by kind and by the node that asked for them: this one or another.",
    },
    Metric {
        name: "cache_size",
        kind: Kind::Gauge,
        labels: &[CACHE],
        meaning: "Entries held in memory.",
    },
    Metric {
        name: "cache_size_bytes",
        kind: Kind::Gauge,
        labels: &[CACHE],
        meaning: "Bytes of the entries held in memory, where values have a known size.",
    },
    Metric {
        name: "cache_evictions_total",
        kind: Kind::Counter,
        labels: &[CACHE, ("cause", "`expired`, `size`, `bytes`, `too-large`")],
        meaning: "Entries that left memory by themselves, by cause.",
    },
    Metric {
        name: "cache_unstorable_total",
        kind: Kind::Counter,
        labels: &[
            CACHE,
            (
                "reason",
                "`not-serializable`, `does-not-read-back`, `not-equal`, `too-deep`, `too-large`, \
                 `panicked`, `alike-types`",
            ),
        ],
        meaning: "Values that the remote tier cannot keep, by reason.",
    },
    Metric {
        name: "cache_corrupt_total",
        kind: Kind::Counter,
        labels: &[CACHE],
        meaning: "Stored values that could not be decoded; each was a miss.",
    },
    Metric {
        name: "cache_info",
        kind: Kind::Gauge,
        labels: &[
            CACHE,
            ("backend", "`memory`, `redis`, `tiered`"),
            ("prefix", "that of its keys in Redis, for the latter two"),
        ],
        meaning: "The backend of a cache in effect: always 1.",
    },
    Metric {
        name: "cache_backend_seconds",
        kind: Kind::Histogram,
        labels: &[("op", "`get`, `begin`, `renew`, `release`, `fill`, `invalidate`, `budget`")],
        meaning: "Time of a request to a server, by operation.",
    },
    Metric {
        name: "cache_backend_errors_total",
        kind: Kind::Counter,
        labels: &[("op", "as above")],
        meaning: "Requests to a server that failed, by operation.",
    },
    Metric {
        name: "cache_fallback_total",
        kind: Kind::Counter,
        labels: &[("reason", "`timeout`, `breaker-open`, …")],
        meaning: "Calls that did without the remote tier, by reason.",
    },
    Metric {
        name: "cache_breaker_state",
        kind: Kind::Gauge,
        labels: &[("server", "its address")],
        meaning: "A server's breaker: 0 closed, 0.5 half open, 1 open.",
    },
    Metric {
        name: "cache_push_up",
        kind: Kind::Gauge,
        labels: &[("server", "its address")],
        meaning: "1 while a server pushes other nodes' invalidations to this one, else 0.",
    },
    Metric {
        name: "cache_clock_offset_seconds",
        kind: Kind::Seconds,
        labels: &[("server", "its address")],
        meaning: "The time by which a server's clock is ahead of this machine's; below zero where it is behind.",
    },
    Metric {
        name: "cache_connections_total",
        kind: Kind::Counter,
        labels: &[
            ("outcome", "`success`, `failure`"),
            ("reason", "`none`, `io`, `wrong-password`, …"),
        ],
        meaning: "Attempts to connect to a server, by outcome and reason.",
    },
    Metric {
        name: "cache_connect_seconds",
        kind: Kind::Histogram,
        labels: &[],
        meaning: "Time of an attempt to connect.",
    },
    Metric {
        name: "cache_resources",
        kind: Kind::Gauge,
        labels: &[("kind", "see [resources.md](resources.md)")],
        meaning: "Tasks, queues and tables beside the calls, by kind: their number now.",
    },
    Metric {
        name: "cache_queue_length",
        kind: Kind::Gauge,
        labels: &[],
        meaning: "Invalidations that wait until Redis can be reached.",
    },
    Metric {
        name: "cache_queue_oldest_seconds",
        kind: Kind::Seconds,
        labels: &[],
        meaning: "Time for which the oldest of them has waited.",
    },
    Metric {
        name: "cache_invalidations_lost_total",
        kind: Kind::Counter,
        labels: &[],
        meaning: "Invalidations that no server had acknowledged when their process or registry ended.",
    },
];

/// Describes all metrics to the recorder.
pub(crate) fn describe() {
    for Metric { name, kind, meaning, .. } in METRICS {
        match kind {
            Kind::Counter => describe_counter!(*name, *meaning),
            Kind::Gauge => describe_gauge!(*name, *meaning),
            Kind::Seconds => describe_gauge!(*name, Unit::Seconds, *meaning),
            Kind::Histogram => describe_histogram!(*name, Unit::Seconds, *meaning),
            Kind::Sizes => describe_histogram!(*name, *meaning),
        }
    }
}

/// Returns the table of all metrics, in Markdown.
pub fn table() -> String {
    let rows = METRICS.iter().map(|Metric { name, kind, labels, meaning }| {
        let labels: Vec<_> =
            labels.iter().map(|(label, values)| format!("`{label}`: {values}")).collect();
        format!("| `{name}` | {} | {} | {meaning} |\n", kind.as_str(), labels.join("; "))
    });
    let head = "| metric | kind | labels | meaning |\n|---|---|---|---|\n".to_owned();
    [head].into_iter().chain(rows).collect()
}

/// Tells whether a metric of this name is in the list.
pub fn is_listed(name: &str) -> bool {
    METRICS.iter().any(|metric| metric.name == name)
}
