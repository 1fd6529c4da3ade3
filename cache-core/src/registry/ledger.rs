//! The bill of a cache, or of all caches.

use std::time::Duration;

use serde::Serialize;

use crate::observe::MoneyStats;

/// The month of a projection.
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// The bill of a cache, or of all caches, since the registry was built: in billionths of a unit, so
/// that all sums are exact. It is made of one reading of [`MoneyStats`].
///
/// ```
/// use cachery::Caches;
///
/// let report = Caches::isolated().report();
/// if let Some(ledger) = &report.ledger {
///     let saved = ledger.saved as f64 / 1e9;
///     println!("{saved:.2} {} saved in {:?}", report.cost_unit, report.window);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Ledger {
    /// The cost of all loads that ended.
    pub spent: u64,
    /// The cost that hits and waiting callers saved, less that of refreshes. Negative for a cache
    /// that refreshes more than it is asked.
    pub saved: i128,
    /// The cost of the same calls without a cache: `spent + saved`.
    pub would_have_spent: i128,
    /// The saving of 30 days, if they went on as the window of the report.
    pub saved_in_30_days: i128,
}

impl Ledger {
    /// Returns the bill over `window`; `None` where nothing has cost anything.
    pub(super) fn of(money: &MoneyStats, window: Duration) -> Option<Self> {
        (*money != MoneyStats::default()).then(|| Self {
            spent: money.spent,
            saved: money.saved(),
            would_have_spent: money.would_have_spent(),
            saved_in_30_days: projected(money.saved(), window),
        })
    }
}

/// Returns a sum over `window` as it would be over a month. Zero for a window of no time.
fn projected(sum: i128, window: Duration) -> i128 {
    let millis = |time: Duration| i128::try_from(time.as_millis()).unwrap_or(i128::MAX);
    sum.saturating_mul(millis(MONTH)).checked_div(millis(window)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_adds_up_and_projects_its_window() {
        let mut money = MoneyStats::default();
        assert_eq!(Ledger::of(&money, MONTH), None);
        money.spent = 90_000_000;
        money.refresh = 30_000_000;
        money.saved_by_hits = 300_000_000;
        money.saved_by_coalescing = 60_000_000;
        let expected = Ledger {
            spent: 90_000_000,
            saved: 330_000_000,
            would_have_spent: 420_000_000,
            saved_in_30_days: 3_300_000_000,
        };
        assert_eq!(Ledger::of(&money, MONTH / 10), Some(expected));
    }

    #[test]
    fn a_saving_may_be_negative_and_a_window_empty() {
        let mut money = MoneyStats::default();
        (money.spent, money.refresh) = (30, 30);
        let ledger = Ledger::of(&money, Duration::ZERO).unwrap();
        assert_eq!((ledger.saved, ledger.would_have_spent, ledger.saved_in_30_days), (-30, 0, 0));
    }
}
