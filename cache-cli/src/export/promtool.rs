//! Unit tests of the alert rules, run by `promtool`: `tests/system/alerts.sh` asks for them.

use std::{fmt::Write as _, fs, process::Command};

use super::{
    alerts, quoted,
    rules::{ALERTS, Alert},
};

/// A course of events, an hour long, with one sample a minute.
struct Course {
    alert: &'static str,
    /// Series with their samples in promtool's notation.
    series: &'static [(&'static str, &'static str)],
    /// The labels of the alert that fires after 59 minutes, without its name and its severity, and
    /// the value in its summary; `None` when it must not fire.
    fires: Option<(&'static [(&'static str, &'static str)], &'static str)>,
}

const CACHE: &[(&str, &str)] = &[("job", "shop"), ("cache", "users")];
const SERVER: &[(&str, &str)] = &[("job", "shop"), ("instance", "a"), ("server", "redis:6379")];

/// For each alert, courses in which it fires, and courses in which it must not: below the bound,
/// without traffic, or over again.
const COURSES: [Course; 38] = [
    Course {
        alert: "CacheLoadsSlow",
        series: &[
            (r#"cache_load_seconds_bucket{job="shop",cache="users",le="1"}"#, "0+0x60"),
            (r#"cache_load_seconds_bucket{job="shop",cache="users",le="2.5"}"#, "0+60x60"),
            (r#"cache_load_seconds_bucket{job="shop",cache="users",le="+Inf"}"#, "0+60x60"),
            (r#"cache_load_seconds_count{job="shop",cache="users"}"#, "0+60x60"),
        ],
        fires: Some((CACHE, "2.425s")),
    },
    Course {
        alert: "CacheLoadsSlow",
        series: &[
            (r#"cache_load_seconds_bucket{job="shop",cache="users",le="1"}"#, "0+60x60"),
            (r#"cache_load_seconds_bucket{job="shop",cache="users",le="+Inf"}"#, "0+60x60"),
            (r#"cache_load_seconds_count{job="shop",cache="users"}"#, "0+60x60"),
        ],
        fires: None,
    },
    Course {
        // One slow load in ten minutes tells nothing.
        alert: "CacheLoadsSlow",
        series: &[
            (r#"cache_load_seconds_bucket{job="shop",cache="users",le="1"}"#, "0+0x60"),
            (r#"cache_load_seconds_bucket{job="shop",cache="users",le="2.5"}"#, "0+1x60"),
            (r#"cache_load_seconds_bucket{job="shop",cache="users",le="+Inf"}"#, "0+1x60"),
            (r#"cache_load_seconds_count{job="shop",cache="users"}"#, "0+1x60"),
        ],
        fires: None,
    },
    Course {
        alert: "CacheLoadErrors",
        series: &[
            (r#"cache_load_seconds_count{job="shop",cache="users",result="success"}"#, "0+98x60"),
            (r#"cache_load_seconds_count{job="shop",cache="users",result="error"}"#, "0+2x60"),
        ],
        fires: Some((CACHE, "2%")),
    },
    Course {
        alert: "CacheLoadErrors",
        series: &[
            (r#"cache_load_seconds_count{job="shop",cache="users",result="success"}"#, "0+995x60"),
            (r#"cache_load_seconds_count{job="shop",cache="users",result="error"}"#, "0+5x60"),
        ],
        fires: None,
    },
    Course {
        // It is over again.
        alert: "CacheLoadErrors",
        series: &[
            (r#"cache_load_seconds_count{job="shop",cache="users",result="success"}"#, "0+98x60"),
            (
                r#"cache_load_seconds_count{job="shop",cache="users",result="error"}"#,
                "0+2x30 60x30",
            ),
        ],
        fires: None,
    },
    Course {
        alert: "CacheHitRatioLow",
        series: &[
            (r#"cache_gets_total{job="shop",cache="users",result="hit"}"#, "0+25x60"),
            (r#"cache_gets_total{job="shop",cache="users",result="miss"}"#, "0+75x60"),
        ],
        fires: Some((CACHE, "25%")),
    },
    Course {
        alert: "CacheHitRatioLow",
        series: &[
            (r#"cache_gets_total{job="shop",cache="users",result="hit"}"#, "0+35x60"),
            (r#"cache_gets_total{job="shop",cache="users",result="miss"}"#, "0+65x60"),
        ],
        fires: None,
    },
    Course {
        // Some calls an hour tell nothing.
        alert: "CacheHitRatioLow",
        series: &[
            (r#"cache_gets_total{job="shop",cache="users",result="hit"}"#, "0+0x60"),
            (r#"cache_gets_total{job="shop",cache="users",result="miss"}"#, "0+1x60"),
        ],
        fires: None,
    },
    Course {
        alert: "CacheBreakerOpen",
        series: &[(
            r#"cache_breaker_state{job="shop",instance="a",server="redis:6379"}"#,
            "0x50 1 0.5 1 1 0.5 1 1 1 1",
        )],
        fires: Some((SERVER, "")),
    },
    Course {
        alert: "CacheBreakerOpen",
        series: &[(r#"cache_breaker_state{job="shop",instance="a",server="redis:6379"}"#, "0x60")],
        fires: None,
    },
    Course {
        alert: "CacheBreakerOpen",
        series: &[(
            r#"cache_breaker_state{job="shop",instance="a",server="redis:6379"}"#,
            "1x30 0x30",
        )],
        fires: None,
    },
    Course {
        alert: "CacheFallbackInUse",
        series: &[(r#"cache_fallback_total{job="shop",reason="timeout"}"#, "0+60x60")],
        fires: Some((&[("job", "shop"), ("reason", "timeout")], "1")),
    },
    Course {
        alert: "CacheFallbackInUse",
        series: &[(r#"cache_fallback_total{job="shop",reason="timeout"}"#, "0+1x60")],
        fires: None,
    },
    Course {
        alert: "CacheFallbackInUse",
        series: &[(r#"cache_fallback_total{job="shop",reason="timeout"}"#, "0+60x30 1800x30")],
        fires: None,
    },
    Course {
        alert: "CachePushesLost",
        series: &[(r#"cache_push_up{job="shop",instance="a",server="redis:6379"}"#, "1x50 0x10")],
        fires: Some((SERVER, "")),
    },
    Course {
        alert: "CachePushesLost",
        series: &[(r#"cache_push_up{job="shop",instance="a",server="redis:6379"}"#, "0x30 1x30")],
        fires: None,
    },
    Course {
        // Behind is as wrong as ahead.
        alert: "CacheClocksApart",
        series: &[(
            r#"cache_clock_offset_seconds{job="shop",instance="a",server="redis:6379"}"#,
            "0x40 -60x20",
        )],
        fires: Some((SERVER, "1m 0s")),
    },
    Course {
        alert: "CacheClocksApart",
        series: &[(
            r#"cache_clock_offset_seconds{job="shop",instance="a",server="redis:6379"}"#,
            "60x30 -0.2x30",
        )],
        fires: None,
    },
    Course {
        alert: "CacheQueueOld",
        series: &[(r#"cache_queue_oldest_seconds{job="shop",instance="a"}"#, "0x50 0+60x10")],
        fires: Some((&[("job", "shop"), ("instance", "a")], "8m 0s")),
    },
    Course {
        alert: "CacheQueueOld",
        series: &[(r#"cache_queue_oldest_seconds{job="shop",instance="a"}"#, "59x60")],
        fires: None,
    },
    Course {
        alert: "CacheEvictionThrash",
        series: &[
            (r#"cache_evictions_total{job="shop",cache="users",cause="size"}"#, "0+90x60"),
            (r#"cache_puts_total{job="shop",cache="users"}"#, "0+120x60"),
        ],
        fires: Some((CACHE, "75%")),
    },
    Course {
        // What has expired has had its time.
        alert: "CacheEvictionThrash",
        series: &[
            (r#"cache_evictions_total{job="shop",cache="users",cause="expired"}"#, "0+120x60"),
            (r#"cache_evictions_total{job="shop",cache="users",cause="size"}"#, "0+30x60"),
            (r#"cache_puts_total{job="shop",cache="users"}"#, "0+120x60"),
        ],
        fires: None,
    },
    Course {
        alert: "CacheEvictionThrash",
        series: &[
            (r#"cache_evictions_total{job="shop",cache="users",cause="size"}"#, "0+1x60"),
            (r#"cache_puts_total{job="shop",cache="users"}"#, "0+1x60"),
        ],
        fires: None,
    },
    Course {
        alert: "CacheValuesCorrupt",
        series: &[(r#"cache_corrupt_total{job="shop",cache="users"}"#, "0x50 1x10")],
        fires: Some((CACHE, "")),
    },
    Course {
        alert: "CacheValuesCorrupt",
        series: &[(r#"cache_corrupt_total{job="shop",cache="users"}"#, "0x30 1x30")],
        fires: None,
    },
    Course {
        alert: "CacheValuesUnstorable",
        series: &[(
            r#"cache_unstorable_total{job="shop",cache="users",reason="too-large"}"#,
            "0x45 3x15",
        )],
        fires: Some((&[("job", "shop"), ("cache", "users"), ("reason", "too-large")], "")),
    },
    Course {
        alert: "CacheValuesUnstorable",
        series: &[(
            r#"cache_unstorable_total{job="shop",cache="users",reason="too-large"}"#,
            "0x60",
        )],
        fires: None,
    },
    Course {
        alert: "CacheValuesUnstorable",
        series: &[(
            r#"cache_unstorable_total{job="shop",cache="users",reason="too-large"}"#,
            "3x60",
        )],
        fires: None,
    },
    Course {
        // Of several processes, the one that has spent most.
        alert: "CacheBudgetLow",
        series: &[
            (r#"cache_budget_nanos{job="shop",instance="a",cache="users",kind="used"}"#, "1180x60"),
            (r#"cache_budget_nanos{job="shop",instance="b",cache="users",kind="used"}"#, "0x60"),
            (
                r#"cache_budget_nanos{job="shop",instance="a",cache="users",kind="limit"}"#,
                "1475x60",
            ),
            (
                r#"cache_budget_nanos{job="shop",instance="b",cache="users",kind="limit"}"#,
                "1475x60",
            ),
        ],
        fires: Some((CACHE, "80%")),
    },
    Course {
        alert: "CacheBudgetLow",
        series: &[
            (r#"cache_budget_nanos{job="shop",cache="users",kind="used"}"#, "790x60"),
            (r#"cache_budget_nanos{job="shop",cache="users",kind="limit"}"#, "1000x60"),
        ],
        fires: None,
    },
    Course {
        // The next window has begun.
        alert: "CacheBudgetLow",
        series: &[
            (r#"cache_budget_nanos{job="shop",cache="users",kind="used"}"#, "1000x30 0x30"),
            (r#"cache_budget_nanos{job="shop",cache="users",kind="limit"}"#, "1000x60"),
        ],
        fires: None,
    },
    Course {
        alert: "CacheBudgetSpent",
        series: &[
            (r#"cache_budget_nanos{job="shop",cache="users",kind="used"}"#, "995x60"),
            (r#"cache_budget_nanos{job="shop",cache="users",kind="limit"}"#, "1000x60"),
            (r#"cache_over_budget_total{job="shop",cache="users"}"#, "0+3x60"),
        ],
        fires: Some((CACHE, "")),
    },
    Course {
        alert: "CacheBudgetSpent",
        series: &[
            (r#"cache_budget_nanos{job="shop",cache="users",kind="used"}"#, "995x60"),
            (r#"cache_budget_nanos{job="shop",cache="users",kind="limit"}"#, "1000x60"),
            (r#"cache_over_budget_total{job="shop",cache="users"}"#, "0+3x30 90x30"),
        ],
        fires: None,
    },
    Course {
        alert: "CacheSavingNegative",
        series: &[
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="saved_hit"}"#, "0+10x60"),
            (
                r#"cache_cost_nanos_total{job="shop",cache="users",kind="saved_coalesced"}"#,
                "0+5x60",
            ),
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="refresh"}"#, "0+20x60"),
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="spent"}"#, "0+25x60"),
        ],
        fires: Some((CACHE, "")),
    },
    Course {
        alert: "CacheSavingNegative",
        series: &[
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="saved_hit"}"#, "0+15x60"),
            (
                r#"cache_cost_nanos_total{job="shop",cache="users",kind="saved_coalesced"}"#,
                "0+6x60",
            ),
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="refresh"}"#, "0+20x60"),
        ],
        fires: None,
    },
    Course {
        // A batch that names many items again saves by that.
        alert: "CacheSavingNegative",
        series: &[
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="saved_hit"}"#, "0+10x60"),
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="saved_dedup"}"#, "0+11x60"),
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="refresh"}"#, "0+20x60"),
        ],
        fires: None,
    },
    Course {
        // Most caches cost nothing that anybody counts.
        alert: "CacheSavingNegative",
        series: &[
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="saved_hit"}"#, "0x60"),
            (r#"cache_cost_nanos_total{job="shop",cache="users",kind="refresh"}"#, "0x60"),
        ],
        fires: None,
    },
];

fn alert(name: &str) -> &'static Alert {
    ALERTS.iter().find(|alert| alert.name == name).expect("it is an alert of the table")
}

/// Returns the summary with its labels and its value.
fn summary(alert: &Alert, labels: &[(&str, &str)], value: &str) -> String {
    let filled = labels.iter().fold(alert.summary.to_owned(), |text, (name, label)| {
        text.replace(&format!("{{{{ $labels.{name} }}}}"), label)
    });
    let Some((before, rest)) = filled.split_once("{{ $value") else { return filled };
    let (_, after) = rest.split_once("}}").expect("it is closed");
    format!("{before}{value}{after}")
}

/// Writes the tests as promtool reads them.
fn file() -> String {
    let mut text = "rule_files: [alerts.yml]\nevaluation_interval: 1m\ntests:\n".to_owned();
    for course in &COURSES {
        text += "  - interval: 1m\n    input_series:\n";
        for (series, values) in course.series {
            let _ = writeln!(
                text,
                "      - series: {}\n        values: {}",
                quoted(series),
                quoted(values)
            );
        }
        let _ = writeln!(
            text,
            "    alert_rule_test:\n      - eval_time: 59m\n        alertname: {}",
            course.alert
        );
        let Some((labels, value)) = course.fires else {
            text += "        exp_alerts: []\n";
            continue;
        };
        let alert = alert(course.alert);
        let _ = writeln!(
            text,
            "        exp_alerts:\n          - exp_labels:\n              severity: {}",
            alert.severity.as_str()
        );
        for (name, label) in labels {
            let _ = writeln!(text, "              {name}: {}", quoted(label));
        }
        let _ = writeln!(
            text,
            "            exp_annotations:\n              summary: {}\n              runbook_url: {}",
            quoted(&summary(alert, labels, value)),
            quoted(&alerts::runbook(alert))
        );
    }
    text
}

#[test]
fn each_alert_is_tested_in_both_directions() {
    for alert in &ALERTS {
        let of = || COURSES.iter().filter(|course| course.alert == alert.name);
        assert!(of().any(|course| course.fires.is_some()), "{} never fires", alert.name);
        assert!(of().any(|course| course.fires.is_none()), "{} always fires", alert.name);
    }
}

#[test]
#[ignore = "it needs promtool: `make system` runs it"]
fn promtool_agrees() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    fs::write(path("alerts.yml"), alerts::file()).expect("it is writable");
    fs::write(path("test.yml"), file()).expect("it is writable");
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "test.yml"]] {
        let mut promtool = Command::new("promtool");
        let output = promtool.args(arguments).current_dir(&directory).output();
        let output = output.expect("promtool is installed: it comes with Prometheus");
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    println!("{} courses of {} alerts", COURSES.len(), ALERTS.len());
}
