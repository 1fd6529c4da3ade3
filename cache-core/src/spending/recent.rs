//! The costs of the last loads of a cache.

use std::collections::VecDeque;

/// The most loads that are known.
const MOST: usize = 128;

/// The costs of the last loads of a cache.
#[derive(Default)]
pub(super) struct Recent {
    costs: VecDeque<u64>,
    /// The cost that 95 % of them did not exceed.
    p95: Option<u64>,
}

impl Recent {
    /// Notes the cost of a load.
    pub(super) fn add(&mut self, nanos: u64) {
        if self.costs.len() == MOST {
            self.costs.pop_front();
        }
        self.costs.push_back(nanos);
        let mut sorted: Vec<_> = self.costs.iter().copied().collect();
        let rank = (sorted.len() * 95).div_ceil(100).max(1) - 1;
        let (_, p95, _) = sorted.select_nth_unstable(rank);
        self.p95 = Some(*p95);
    }

    /// Returns the cost that 95 % of the last loads did not exceed; `None` before the first.
    pub(super) fn p95(&self) -> Option<u64> {
        self.p95
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_of_a_hundred_loads_cost_more_than_the_measured_cost() {
        let mut recent = Recent::default();
        assert_eq!(recent.p95(), None);
        recent.add(7);
        assert_eq!(recent.p95(), Some(7));
        recent = Recent::default();
        (1..=100).rev().for_each(|nanos| recent.add(nanos));
        assert_eq!(recent.p95(), Some(95));
        (0..MOST).for_each(|_| recent.add(3));
        assert_eq!(recent.p95(), Some(3), "older loads are forgotten");
    }
}
