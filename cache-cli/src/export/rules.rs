//! The table of recording and alert rules.

/// A query whose result Prometheus keeps.
pub(super) struct Recording {
    pub(super) name: &'static str,
    pub(super) query: &'static str,
}

/// The urgency of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// Money or time is wasted; a day is soon enough.
    Info,
    /// Calls are served, but slower or from older values.
    Warning,
    /// Users see errors, or values that were invalidated.
    Critical,
}

impl Severity {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A state that people are told of.
pub(super) struct Alert {
    pub(super) name: &'static str,
    pub(super) query: &'static str,
    /// The time for which the state must last.
    pub(super) lasts: &'static str,
    pub(super) severity: Severity,
    /// One line, with the labels of the query's result.
    pub(super) summary: &'static str,
    /// The section of the runbook.
    pub(super) section: &'static str,
}

pub(super) const RECORDINGS: [Recording; 5] = [
    Recording {
        name: "cache:requests:rate5m",
        query: "sum by (job, cache) (rate(cache_gets_total[5m]))",
    },
    Recording {
        name: "cache:hit_ratio:rate5m",
        query: "sum by (job, cache) (rate(cache_gets_total{result=\"hit\"}[5m])) \
                / (sum by (job, cache) (rate(cache_gets_total[5m])) > 0)",
    },
    Recording {
        name: "cache:loads:rate5m",
        query: "sum by (job, cache) (rate(cache_load_seconds_count[5m]))",
    },
    Recording {
        name: "cache:load_errors:ratio5m",
        query: "sum by (job, cache) (rate(cache_load_seconds_count{result=\"error\"}[5m])) \
                / (sum by (job, cache) (rate(cache_load_seconds_count[5m])) > 0)",
    },
    Recording {
        name: "cache:load_seconds:p95_5m",
        query: "histogram_quantile(0.95, sum by (job, cache, le) (rate(cache_load_seconds_bucket[5m])))",
    },
];

/// The alerts. Those about shares and times ask for some traffic: a handful of calls tells nothing.
pub(super) const ALERTS: [Alert; 14] = [
    Alert {
        name: "CacheLoadsSlow",
        query: "cache:load_seconds:p95_5m > 1 and cache:loads:rate5m > 0.1",
        lasts: "10m",
        severity: Severity::Warning,
        summary: "One of twenty loads of {{ $labels.cache }} takes longer than \
                  {{ $value | humanizeDuration }}",
        section: "loads-slow",
    },
    Alert {
        name: "CacheLoadErrors",
        query: "cache:load_errors:ratio5m > 0.01 and cache:loads:rate5m > 0.1",
        lasts: "5m",
        severity: Severity::Critical,
        summary: "{{ $value | humanizePercentage }} of the loads of {{ $labels.cache }} fail",
        section: "load-errors",
    },
    Alert {
        name: "CacheHitRatioLow",
        query: "cache:hit_ratio:rate5m < 0.3 and cache:requests:rate5m > 1",
        lasts: "30m",
        severity: Severity::Info,
        summary: "Only {{ $value | humanizePercentage }} of the calls of {{ $labels.cache }} are hits",
        section: "hit-ratio-low",
    },
    Alert {
        name: "CacheBreakerOpen",
        query: "max by (job, instance, server) (cache_breaker_state) > 0",
        lasts: "1m",
        severity: Severity::Warning,
        summary: "{{ $labels.instance }} does without Redis {{ $labels.server }}: its breaker is open",
        section: "breaker-open",
    },
    Alert {
        name: "CacheFallbackInUse",
        query: "sum by (job, reason) (rate(cache_fallback_total[5m])) > 0.1",
        lasts: "5m",
        severity: Severity::Warning,
        summary: "{{ $value | humanize }} calls a second do without Redis: {{ $labels.reason }}",
        section: "fallback-in-use",
    },
    Alert {
        name: "CachePushesLost",
        query: "min by (job, instance, server) (cache_push_up) == 0",
        lasts: "2m",
        severity: Severity::Warning,
        summary: "{{ $labels.instance }} gets no invalidations of other nodes from {{ $labels.server }}",
        section: "pushes-lost",
    },
    Alert {
        name: "CacheClocksApart",
        query: "max by (job, instance, server) (abs(cache_clock_offset_seconds)) > 5",
        lasts: "5m",
        severity: Severity::Warning,
        summary: "The clocks of {{ $labels.instance }} and of Redis {{ $labels.server }} are \
                  {{ $value | humanizeDuration }} apart",
        section: "clocks-apart",
    },
    Alert {
        name: "CacheQueueOld",
        query: "max by (job, instance) (cache_queue_oldest_seconds) > 60",
        lasts: "1m",
        severity: Severity::Critical,
        summary: "An invalidation of {{ $labels.instance }} has waited for \
                  {{ $value | humanizeDuration }}: other nodes may serve old values",
        section: "queue-old",
    },
    Alert {
        name: "CacheEvictionThrash",
        query: "sum by (job, cache) (rate(cache_evictions_total{cause=~\"size|bytes\"}[5m])) \
                / sum by (job, cache) (rate(cache_puts_total[5m])) > 0.5 \
                and sum by (job, cache) (rate(cache_puts_total[5m])) > 1",
        lasts: "30m",
        severity: Severity::Info,
        summary: "{{ $value | humanizePercentage }} of the entries of {{ $labels.cache }} give way \
                  to others",
        section: "eviction-thrash",
    },
    Alert {
        name: "CacheValuesCorrupt",
        query: "sum by (job, cache) (increase(cache_corrupt_total[15m])) > 0",
        lasts: "1m",
        severity: Severity::Warning,
        summary: "Stored values of {{ $labels.cache }} cannot be decoded",
        section: "values-corrupt",
    },
    Alert {
        name: "CacheValuesUnstorable",
        query: "sum by (job, cache, reason) (increase(cache_unstorable_total[15m])) > 0",
        lasts: "5m",
        severity: Severity::Warning,
        summary: "Values of {{ $labels.cache }} are not stored in Redis: {{ $labels.reason }}",
        section: "values-unstorable",
    },
    Alert {
        name: "CacheBudgetLow",
        query: "max by (job, cache) (cache_budget_nanos{kind=\"used\"}) \
                / (max by (job, cache) (cache_budget_nanos{kind=\"limit\"}) > 0) >= 0.8",
        lasts: "1m",
        severity: Severity::Warning,
        summary: "{{ $value | humanizePercentage }} of the budget of {{ $labels.cache }} is spent",
        section: "budget-low",
    },
    Alert {
        name: "CacheBudgetSpent",
        query: "max by (job, cache) (cache_budget_nanos{kind=\"used\"}) \
                / (max by (job, cache) (cache_budget_nanos{kind=\"limit\"}) > 0) >= 1 \
                or sum by (job, cache) (increase(cache_over_budget_total[5m])) > 0",
        lasts: "1m",
        severity: Severity::Critical,
        summary: "The budget of {{ $labels.cache }} is spent: loads are refused",
        section: "budget-spent",
    },
    Alert {
        name: "CacheSavingNegative",
        query: "sum by (job, cache) (increase(cache_cost_nanos_total{kind=~\"saved_hit|saved_coalesced|saved_dedup\"}[6h])) \
                - sum by (job, cache) (increase(cache_cost_nanos_total{kind=\"refresh\"}[6h])) < 0",
        lasts: "30m",
        severity: Severity::Info,
        summary: "The refreshes of {{ $labels.cache }} cost more than its hits save",
        section: "saving-negative",
    },
];
