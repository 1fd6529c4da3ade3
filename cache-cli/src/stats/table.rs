//! Statistics as a table of as many columns as fit.

use std::fmt::Write as _;

use super::model::Cache;

/// A column: its title, and its cell for a cache.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) cell: fn(&Cache) -> String,
}

impl Column {
    /// Tells whether the column is about money, and is left out where no load costs any.
    fn is_of_money(&self) -> bool {
        matches!(self.title, SPENT | SAVED)
    }
}

const SPENT: &str = "spent";
const SAVED: &str = "money saved";

/// The columns, the most useful first. The first is on the left, the others on the right.
const COLUMNS: [Column; 15] = [
    Column { title: "cache", cell: |cache| cache.name.clone() },
    Column { title: "calls", cell: |cache| count(cache.calls()) },
    Column { title: "calls/s", cell: |cache| rate(cache, |rate| rate.requests_per_second) },
    Column { title: "hits", cell: |cache| percent(cache.hit_ratio()) },
    Column { title: "loads", cell: |cache| count(cache.stats.loads) },
    Column { title: "errors", cell: |cache| count(cache.stats.load_errors) },
    Column { title: SPENT, cell: |cache| money(cache.ledger.map(|ledger| ledger.spent)) },
    Column { title: SAVED, cell: |cache| money(cache.ledger.map(|ledger| ledger.saved)) },
    Column { title: "load p95", cell: |cache| seconds(cache.load_seconds.p95) },
    Column { title: "entries", cell: |cache| count(cache.stats.size) },
    Column {
        title: "evicted",
        cell: |cache| count(cache.stats.evictions.size + cache.stats.evictions.bytes),
    },
    Column { title: "bytes", cell: |cache| cache.bytes.map_or_else(none, bytes) },
    Column { title: "waited", cell: |cache| count(cache.stats.coalesced) },
    Column { title: "saved", cell: |cache| seconds(Some(cache.stats.time_saved)) },
    Column { title: "errors/s", cell: |cache| rate(cache, |rate| rate.load_errors_per_second) },
];

/// Writes a row for each cache, at most `width` wide.
pub(super) fn text(caches: &[&Cache], width: usize) -> String {
    let mut text = String::new();
    for row in rows(caches, width) {
        let row = row.join("  ");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

/// Returns the titles and a row for each cache, each cell as wide as its column.
pub(super) fn rows(caches: &[&Cache], width: usize) -> Vec<Vec<String>> {
    let mut rows = vec![Vec::new(); caches.len() + 1];
    let mut room = width;
    let has_money = caches.iter().any(|cache| cache.ledger.is_some());
    let columns = COLUMNS.iter().filter(|column| has_money || !column.is_of_money());
    for (place, Column { title, cell }) in columns.enumerate() {
        let cells = [(*title).to_owned()].into_iter().chain(caches.iter().map(|cache| cell(cache)));
        let cells: Vec<_> = cells.collect();
        let widest = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or_default();
        let needed = widest + if place == 0 { 0 } else { 2 };
        if needed > room && place > 0 {
            break;
        }
        room = room.saturating_sub(needed);
        for (row, cell) in rows.iter_mut().zip(cells) {
            row.push(if place == 0 {
                format!("{cell:<widest$}")
            } else {
                format!("{cell:>widest$}")
            });
        }
    }
    rows
}

/// Writes a count with its thousands apart.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a share in percent; `-` for none.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(none, |share| format!("{:.1} %", 100.0 * share))
}

/// Writes a time in the unit that suits it; `-` for none.
pub(crate) fn seconds(seconds: Option<f64>) -> String {
    match seconds {
        None => none(),
        Some(time) if time >= 100.0 => format!("{time:.0} s"),
        Some(time) if time >= 1.0 => format!("{time:.1} s"),
        Some(time) if time >= 1e-3 => format!("{:.1} ms", 1e3 * time),
        Some(time) => format!("{:.0} us", 1e6 * time),
    }
}

/// Writes an amount of money, given in billionths of its unit; `-` for none.
#[expect(clippy::cast_precision_loss, reason = "it is rounded to be read")]
fn money(nanos: Option<i64>) -> String {
    let units = nanos.map(|nanos| nanos as f64 / 1e9);
    units.map_or_else(none, |units| {
        if units.abs() >= 1.0 { format!("{units:.2}") } else { format!("{units:.4}") }
    })
}

fn none() -> String {
    "-".to_owned()
}

/// Writes a size in the unit that suits it.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} B"),
        10_240..10_485_760 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

fn rate(cache: &Cache, of: fn(&super::model::Rate) -> f64) -> String {
    cache.rates.minute.as_ref().map_or_else(none, |rate| format!("{:.1}", of(rate)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::model::{Ledger, Quantiles, Rates, Stats};

    fn cache(name: &str) -> Cache {
        let stats = Stats { hits: 1_234_567, misses: 3, loads: 3, ..Stats::default() };
        let (rates, load_seconds) = (Rates::default(), Quantiles::default());
        Cache {
            name: name.to_owned(),
            stats,
            bytes: None,
            ledger: None,
            sites: Vec::new(),
            rates,
            load_seconds,
        }
    }

    #[test]
    fn money_has_columns_where_a_load_costs_any() {
        let mut paid = cache("paid");
        let free = cache("free");
        paid.ledger = Some(Ledger { spent: 30_000_000, saved: -1_250_000_000 });
        let text = text(&[&paid, &free], 200);
        for cell in [SPENT, SAVED, "0.0300", "-1.25"] {
            assert!(text.contains(cell), "{text}");
        }
        assert!(!super::text(&[&free], 200).contains(SPENT));
    }

    #[test]
    fn a_table_has_as_many_columns_as_fit() {
        let (users, orders) = (cache("users"), cache("orders-of-a-year"));
        let mut columns = Vec::new();
        for width in [40, 80, 120] {
            let text = text(&[&users, &orders], width);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            columns.push(rows(&[&users, &orders], width)[0].len());
        }
        assert!(columns.is_sorted() && columns[0] < columns[2], "{columns:?}");
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([None, Some(0.9876)].map(percent), ["-", "98.8 %"]);
        let times = [None, Some(250.0), Some(2.5), Some(0.0253), Some(3e-5)];
        assert_eq!(times.map(seconds), ["-", "250 s", "2.5 s", "25.3 ms", "30 us"]);
    }
}
