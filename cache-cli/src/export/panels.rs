//! The table of the board's rows and panels.

/// A row of panels.
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) panels: &'static [Panel],
}

/// A panel with its queries.
pub(super) struct Panel {
    pub(super) title: &'static str,
    /// One line that says what to look for.
    pub(super) description: &'static str,
    /// The unit, as Grafana calls it.
    pub(super) unit: &'static str,
    pub(super) queries: &'static [Query],
}

/// A query with the name of its lines.
pub(super) struct Query {
    pub(super) text: &'static str,
    pub(super) legend: &'static str,
}

const fn panel(
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    queries: &'static [Query],
) -> Panel {
    Panel { title, description, unit, queries }
}

const fn query(legend: &'static str, text: &'static str) -> Query {
    Query { text, legend }
}

pub(super) const ROWS: [Row; 5] = [
    Row { title: "Requests", panels: REQUESTS },
    Row { title: "Memory", panels: MEMORY },
    Row { title: "Freshness", panels: FRESHNESS },
    Row { title: "Redis", panels: REDIS },
    Row { title: "Money", panels: MONEY },
];

const MONEY: &[Panel] = &[
    panel(
        "Spent and saved",
        "The cost of loads, and of those that hits and waiting callers saved, in units an hour.",
        "short",
        &[query(
            "{{cache}} {{kind}}",
            "sum by (cache, kind) (rate(cache_cost_nanos_total{cache=~\"$cache\",kind!=\"refresh\"}[$__rate_interval])) * 3600 / 1e9",
        )],
    ),
    panel(
        "Refreshes",
        "The part of what is spent that renews values nobody waits for, in units an hour.",
        "short",
        &[query(
            "{{cache}}",
            "sum by (cache) (rate(cache_cost_nanos_total{cache=~\"$cache\",kind=\"refresh\"}[$__rate_interval])) * 3600 / 1e9",
        )],
    ),
    panel(
        "Budget",
        "The part of the budget that is spent in the present window, for caches that have one.",
        "percentunit",
        &[query(
            "{{cache}}",
            "max by (cache) (cache_budget_nanos{cache=~\"$cache\",kind=\"used\"}) \
             / (max by (cache) (cache_budget_nanos{cache=~\"$cache\",kind=\"limit\"}) > 0)",
        )],
    ),
    panel(
        "Loads over the budget",
        "Loads a second that the budget did not allow. Their calls got an older value, or an error.",
        "ops",
        &[query(
            "{{cache}}",
            "sum by (cache) (rate(cache_over_budget_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
];

const REQUESTS: &[Panel] = &[
    panel(
        "Calls",
        "Calls a second, by result and by the tier that served.",
        "reqps",
        &[query(
            "{{cache}} {{result}} {{tier}}",
            "sum by (cache, result, tier) (rate(cache_gets_total{cache=~\"$cache\",tier=~\"$tier|none\"}[$__rate_interval]))",
        )],
    ),
    panel(
        "Hit ratio",
        "The share of calls that a stored value served. Below 30 % a cache hardly pays.",
        "percentunit",
        &[query(
            "{{cache}}",
            "sum by (cache) (rate(cache_gets_total{cache=~\"$cache\",result=\"hit\",tier=~\"$tier\"}[$__rate_interval])) \
             / sum by (cache) (rate(cache_gets_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
    panel(
        "Time of loads",
        "The time of the functions themselves: what a miss costs.",
        "s",
        &[
            query(
                "{{cache}} p50",
                "histogram_quantile(0.5, sum by (cache, le) (rate(cache_load_seconds_bucket{cache=~\"$cache\"}[$__rate_interval])))",
            ),
            query(
                "{{cache}} p95",
                "histogram_quantile(0.95, sum by (cache, le) (rate(cache_load_seconds_bucket{cache=~\"$cache\"}[$__rate_interval])))",
            ),
            query(
                "{{cache}} p99",
                "histogram_quantile(0.99, sum by (cache, le) (rate(cache_load_seconds_bucket{cache=~\"$cache\"}[$__rate_interval])))",
            ),
        ],
    ),
    panel(
        "Loads and their errors",
        "Runs of the functions a second. An error is not stored.",
        "ops",
        &[query(
            "{{cache}} {{result}}",
            "sum by (cache, result) (rate(cache_load_seconds_count{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
    panel(
        "Calls that waited for another's load",
        "Misses that ran nothing, because the same key was being loaded.",
        "reqps",
        &[query(
            "{{cache}}",
            "sum by (cache) (rate(cache_coalesced_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
    panel(
        "Time saved",
        "Seconds of loads that hits saved, in each second.",
        "s",
        &[query(
            "{{cache}}",
            "sum by (cache) (rate(cache_saved_seconds_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
];

const MEMORY: &[Panel] = &[
    panel(
        "Entries",
        "Entries in the memory of all processes.",
        "short",
        &[query("{{cache}}", "sum by (cache) (cache_size{cache=~\"$cache\"})")],
    ),
    panel(
        "Bytes",
        "Bytes of these entries, where values have a known size.",
        "bytes",
        &[query("{{cache}}", "sum by (cache) (cache_size_bytes{cache=~\"$cache\"})")],
    ),
    panel(
        "Evictions",
        "Entries that left memory, by cause. Many of `size` or `bytes` mean that a cache is too small.",
        "ops",
        &[query(
            "{{cache}} {{cause}}",
            "sum by (cache, cause) (rate(cache_evictions_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
    panel(
        "Values stored",
        "Values that loads and `put` stored.",
        "ops",
        &[query(
            "{{cache}}",
            "sum by (cache) (rate(cache_puts_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
];

const FRESHNESS: &[Panel] = &[
    panel(
        "Values past their ttl",
        "Calls that such a value served: a stale one, or one whose load had failed.",
        "reqps",
        &[query(
            "{{cache}} {{reason}}",
            "sum by (cache, reason) (rate(cache_stale_served_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
    panel(
        "Renewals",
        "Loads that renew a value, by kind and outcome.",
        "ops",
        &[query(
            "{{cache}} {{kind}} {{outcome}}",
            "sum by (cache, kind, outcome) (rate(cache_refreshes_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
    panel(
        "Loads in tasks",
        "Loads of `detach` that run, and those that did not begin because too many ran.",
        "short",
        &[
            query("{{cache}} running", "sum by (cache) (cache_loads_in_flight{cache=~\"$cache\"})"),
            query(
                "{{cache}} shed a second",
                "sum by (cache) (rate(cache_background_shed_total{cache=~\"$cache\"}[$__rate_interval]))",
            ),
        ],
    ),
    panel(
        "Invalidations",
        "Invalidations, by kind and by the node that asked for them.",
        "ops",
        &[query(
            "{{cache}} {{kind}} {{source}}",
            "sum by (cache, kind, source) (rate(cache_invalidations_total{cache=~\"$cache\"}[$__rate_interval]))",
        )],
    ),
];

const REDIS: &[Panel] = &[
    panel(
        "Breakers",
        "0 is closed, 0.5 half open, 1 open: calls do without the server.",
        "short",
        &[query("{{instance}} {{server}}", "max by (instance, server) (cache_breaker_state)")],
    ),
    panel(
        "Pushes",
        "1 while other nodes' invalidations arrive; else memory keeps entries for the outage ttl only.",
        "short",
        &[query("{{instance}} {{server}}", "min by (instance, server) (cache_push_up)")],
    ),
    panel(
        "Time of requests",
        "Needs a recorder of the program's own with buckets: the admin routes do not have it.",
        "s",
        &[
            query(
                "{{op}} p50",
                "histogram_quantile(0.5, sum by (op, le) (rate(cache_backend_seconds_bucket[$__rate_interval])))",
            ),
            query(
                "{{op}} p95",
                "histogram_quantile(0.95, sum by (op, le) (rate(cache_backend_seconds_bucket[$__rate_interval])))",
            ),
            query(
                "{{op}} p99",
                "histogram_quantile(0.99, sum by (op, le) (rate(cache_backend_seconds_bucket[$__rate_interval])))",
            ),
        ],
    ),
    panel(
        "Errors",
        "Requests that failed, by operation.",
        "ops",
        &[query("{{op}}", "sum by (op) (rate(cache_backend_errors_total[$__rate_interval]))")],
    ),
    panel(
        "Calls without Redis",
        "Calls that did without the remote tier, by reason.",
        "reqps",
        &[query("{{reason}}", "sum by (reason) (rate(cache_fallback_total[$__rate_interval]))")],
    ),
    panel(
        "Queue",
        "Invalidations that wait until Redis can be reached, and the age of the oldest in seconds.",
        "short",
        &[
            query("{{instance}} length", "max by (instance) (cache_queue_length)"),
            query(
                "{{instance}} oldest, in seconds",
                "max by (instance) (cache_queue_oldest_seconds)",
            ),
        ],
    ),
    panel(
        "Connections",
        "Attempts to connect, by outcome and reason.",
        "ops",
        &[query(
            "{{outcome}} {{reason}}",
            "sum by (outcome, reason) (rate(cache_connections_total[$__rate_interval]))",
        )],
    ),
    panel(
        "Values that are not stored or corrupt",
        "Values that Redis cannot keep, by reason, and stored ones that could not be decoded.",
        "ops",
        &[
            query(
                "{{cache}} {{reason}}",
                "sum by (cache, reason) (rate(cache_unstorable_total{cache=~\"$cache\"}[$__rate_interval]))",
            ),
            query(
                "{{cache}} corrupt",
                "sum by (cache) (rate(cache_corrupt_total{cache=~\"$cache\"}[$__rate_interval]))",
            ),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_of_a_query_is_one_of_ours() {
        for query in ROWS.iter().flat_map(|row| row.panels).flat_map(|panel| panel.queries) {
            let words = query.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            for word in words.filter(|word| word.starts_with("cache_")) {
                let name = ["_bucket", "_count"].iter().find_map(|end| word.strip_suffix(end));
                let name = name.unwrap_or(word);
                assert!(cachery_core::observe::metric_list::is_listed(name), "{word}");
            }
        }
    }
}
