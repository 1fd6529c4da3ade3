//! The sums that the loads of a cache have spent of its budget.
//!
//! A load counts for the time in which it began.
//!
//! The budget of a shared cache is counted in the remote store, from which each node takes blocks.
//! While that is out of reach, or has forgotten what was granted, a node spends its blocks and its
//! share of one more budget.

mod part;
mod recent;
mod state;

use std::{
    sync::atomic::{
        AtomicBool,
        Ordering::{AcqRel, Release},
    },
    time::SystemTime,
};

use cachery_syntax::Budget;
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;

use self::state::State;
pub(crate) use self::state::{Counted, Order, Rest, Step};

/// The spending of one cache. Hits never touch it.
#[derive(Default)]
pub(crate) struct Spending {
    state: Mutex<State>,
    /// `true` while a request for a whole block is on its way.
    asks_for_a_block: AtomicBool,
}

/// The budget of a cache, and what is spent of it now, in billionths of a unit.
///
/// ```
/// use cachery::Caches;
///
/// for cache in Caches::isolated().report().caches {
///     if let Some(budget) = cache.budget {
///         println!("{}: {} of {}", cache.name, budget.used, budget.limit);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BudgetReport {
    /// The most that may be spent in the window, by all functions of this name.
    pub limit: u64,
    /// The cost of the loads that ran in the window, and of those that run. In a shared cache, the
    /// blocks that other nodes have taken, too, as this node knows them.
    pub used: u64,
    /// `true` while the store that all nodes share is out of reach, or has forgotten what was spent:
    /// then this node spends its block and its share alone.
    pub is_cut_off: bool,
}

impl BudgetReport {
    /// Returns the sum of two budgets.
    pub(crate) fn plus(self, other: Self) -> Self {
        let limit = self.limit.saturating_add(other.limit);
        let used = self.used.saturating_add(other.used);
        Self { limit, used, is_cut_off: self.is_cut_off || other.is_cut_off }
    }

    /// Returns the part of the budget that is spent, in percent.
    pub(crate) fn percent(self) -> u64 {
        let percent = u128::from(self.used) * 100 / u128::from(self.limit.max(1));
        u64::try_from(percent).unwrap_or(u64::MAX)
    }
}

impl Spending {
    /// Returns the sums. They are locked until the guard is dropped.
    pub(crate) fn sums(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Begins to ask for a block.
    pub(crate) fn turn(&self) -> Turn<'_> {
        Turn { taken: &self.asks_for_a_block, is_first: !self.asks_for_a_block.swap(true, AcqRel) }
    }

    /// Returns the budget `budget`, and what is spent of it; `None` for a cache without one.
    pub(crate) fn report(&self, budget: Budget, now: SystemTime) -> Option<BudgetReport> {
        let Budget::Of { nanos: limit, window } = budget else { return None };
        Some(self.state.lock().report(window, limit, now))
    }
}

/// The turn of one request. Others that are sent meanwhile ask for no more than they need.
pub(crate) struct Turn<'a> {
    taken: &'a AtomicBool,
    pub(crate) is_first: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.is_first {
            self.taken.store(false, Release);
        }
    }
}
