//! Statistics as a table, for a terminal.

use std::fmt::Write as _;

use crate::{history::Rate, report::One};

const HEAD: [&str; 11] = [
    "cache",
    "requests",
    "hits",
    "loads",
    "errors",
    "coalesced",
    "entries",
    "bytes",
    "load p95",
    "req/s 1m",
    "hit ratio 5m",
];

/// Returns a row for each cache.
pub(crate) fn of(caches: &[One]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(caches.iter().map(row));
    let widths: [usize; HEAD.len()] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    });
    let mut table = String::new();
    for [name, numbers @ ..] in &rows {
        // Writing to a string cannot fail.
        let _ = write!(table, "{name:<width$}", width = widths[0]);
        for (number, width) in numbers.iter().zip(&widths[1..]) {
            let _ = write!(table, "  {number:>width$}");
        }
        table.push('\n');
    }
    table
}

/// Returns the row of one cache, with the settings of its functions below.
pub(crate) fn with_settings(cache: &One) -> String {
    let mut text = of(std::slice::from_ref(cache));
    for site in cache.details.iter().flat_map(|details| &details.settings) {
        let _ = writeln!(text, "\n{} ({})", site.function, site.place);
        for setting in &site.settings {
            let _ = writeln!(text, "  {setting}");
        }
    }
    text
}

fn row(One { report, rates, load_seconds, .. }: &One) -> [String; HEAD.len()] {
    let stats = &report.stats;
    let count = |count: u64| count.to_string();
    let shown = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |n| format!("{n:.3}"));
    let per_second = |rate: Rate| rate.requests_per_second;
    [
        report.name.to_owned(),
        count(stats.hits.saturating_add(stats.misses)),
        count(stats.hits),
        count(stats.loads),
        count(stats.load_errors),
        count(stats.coalesced),
        count(stats.size),
        report.bytes.map_or_else(|| "-".to_owned(), count),
        shown(load_seconds.p95),
        shown(rates.minute.map(per_second)),
        shown(rates.five_minutes.and_then(|rate| rate.hit_ratio)),
    ]
}
