//! The bill of a cache.

use super::stats::MoneyStats;

impl MoneyStats {
    /// Returns each count with the label that metrics give it.
    pub(super) fn by_kind(&self) -> [(&'static str, u64); 5] {
        [
            ("spent", self.spent),
            ("refresh", self.refresh),
            ("saved_hit", self.saved_by_hits),
            ("saved_coalesced", self.saved_by_coalescing),
            ("saved_dedup", self.saved_by_dedup),
        ]
    }

    /// Returns the saving, in billionths of a unit: what hits, waiting callers and items named again
    /// would have cost, less what refreshes cost. It is negative for a cache that refreshes more than it is asked.
    ///
    /// ```
    /// # use cachery::stats::MoneyStats;
    /// assert_eq!(MoneyStats::default().saved(), 0);
    /// ```
    #[must_use]
    pub fn saved(&self) -> i128 {
        let saved = [self.saved_by_hits, self.saved_by_coalescing, self.saved_by_dedup];
        saved.map(i128::from).iter().sum::<i128>() - i128::from(self.refresh)
    }

    /// Returns the cost of the same calls without a cache, in billionths of a unit: it is `spent`
    /// and [`saved`](Self::saved) together.
    ///
    /// ```
    /// # use cachery::stats::MoneyStats;
    /// assert_eq!(MoneyStats::default().would_have_spent(), 0);
    /// ```
    #[must_use]
    pub fn would_have_spent(&self) -> i128 {
        i128::from(self.spent) + self.saved()
    }
}
