//! The file of rules for Prometheus.

use std::fmt::Write as _;

use super::{
    quoted,
    rules::{ALERTS, Alert, RECORDINGS, Recording},
};

/// The page with a section for each alert.
const RUNBOOK: &str = "https://docs.rs/crate/cachery/latest/source/docs/runbook.md";

/// Returns the file. It is given to Prometheus by `rule_files`.
pub(super) fn file() -> String {
    let mut text = "# Written by `cachery export alerts`. See docs/runbook.md.\n\
                    groups:\n  - name: cachery-recordings\n    rules:\n"
        .to_owned();
    for Recording { name, query } in &RECORDINGS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "      - record: {name}\n        expr: {}", quoted(query));
    }
    text += "  - name: cachery-alerts\n    rules:\n";
    for alert in &ALERTS {
        add(&mut text, alert);
    }
    text
}

fn add(text: &mut String, alert: &Alert) {
    let Alert { name, query, lasts, severity, summary, .. } = alert;
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "      - alert: {name}
        expr: {query}
        for: {lasts}
        labels:
          severity: {severity}
        annotations:
          summary: {summary}
          runbook_url: {runbook}",
        query = quoted(query),
        severity = severity.as_str(),
        summary = quoted(summary),
        runbook = quoted(&runbook(alert)),
    );
}

/// Returns the address of the alert's section in the runbook.
pub(super) fn runbook(alert: &Alert) -> String {
    format!("{RUNBOOK}#{}", alert.section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alert_has_a_section_in_the_runbook() {
        let runbook = include_str!("../../../docs/runbook.md");
        for alert in &ALERTS {
            let title = alert.section.replace('-', " ");
            let heading = format!("\n## {}{}\n", title[..1].to_uppercase(), &title[1..]);
            assert!(runbook.contains(&heading), "{heading:?}");
            assert!(runbook.contains(&format!("`{}`", alert.name)), "{}", alert.name);
        }
    }

    #[test]
    fn each_alert_lasts_and_has_a_name_of_its_own() {
        let mut names: Vec<_> = ALERTS.iter().map(|alert| alert.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALERTS.len());
        assert!(ALERTS.iter().all(|alert| alert.lasts.ends_with('m')));
    }
}
