//! The budget of a cache at work: each load reserves its cost before it begins, and settles it when
//! it ends.
//!
//! A load counts for the time in which it began. One that is dropped, panics or is ended by
//! `load_timeout` keeps what it has reserved: it may have been billed.
//!
//! The budget of a shared cache is counted in the remote store, from which each node takes blocks.
//! While that is out of reach, or has forgotten what was granted, a node spends its blocks and its
//! share of one more budget.

mod part;
mod recent;
mod state;

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicBool,
            Ordering::{AcqRel, Relaxed, Release},
        },
    },
    time::{Instant, SystemTime},
};

use cachery_syntax::Budget;
use parking_lot::Mutex;
use serde::Serialize;

use self::state::{Counted, Order, State, Step};
use crate::{
    cache::{Cache, Shared},
    money,
    over_budget::OverBudget,
    remote,
};

/// The spending of one cache. Hits never touch it.
#[derive(Default)]
pub(crate) struct Spending {
    state: Mutex<State>,
    /// `true` while a request for a whole block is on its way.
    asks_for_a_block: AtomicBool,
}

/// The cost of a load that was reserved before it began. Dropped, it stays spent, unless the
/// function has not begun.
pub(crate) struct Reservation {
    cache: Arc<Cache>,
    part: u64,
    nanos: u64,
    /// `true` once the function may have cost something.
    has_begun: AtomicBool,
    /// `true` once it is known what the load has cost, or that it never will be.
    is_settled: AtomicBool,
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

/// Reserves the cost of so many loads that are about to begin. `None` for a cache without a budget.
/// `time` is the rest of the call's time for the remote tier, where it has one.
///
/// # Errors
/// Refuses loads that the budget does not allow now.
pub(crate) async fn reserve(
    cache: &Arc<Cache>,
    time: Option<&remote::Budget>,
    loads: u64,
) -> Result<Option<Reservation>, OverBudget> {
    let policy = cache.policy.get();
    let Budget::Of { nanos: limit, window } = policy.budget else { return Ok(None) };
    let declared = policy.cost.and_then(money::nanos).or(cache.site.cost);
    let counted = if cache.shared.is_some() { Counted::There } else { Counted::Here };
    let order = Order { window, limit, declared, loads, counted };
    let taken = cache.spending.take(cache, order, time).await.ok_or_else(|| {
        cache.counters.over_budget.add(1);
        OverBudget::new(cache.site.name, policy.budget)
    });
    let (part, nanos) = taken?;
    let [has_begun, is_settled] = [false; 2].map(AtomicBool::new);
    let cache = Arc::clone(cache);
    Ok(Some(Reservation { cache, part, nanos, has_begun, is_settled }))
}

impl Reservation {
    /// Notes that the function begins.
    pub(crate) fn begin(&self) {
        self.has_begun.store(true, Relaxed);
    }

    /// Ends the loads, which have cost so much in all, unless they are settled already.
    pub(crate) fn settle(&self, nanos: u64) {
        if !self.is_settled.swap(true, Relaxed) {
            self.begin();
            self.cache.spending.state.lock().settle(self.part, self.nanos, nanos);
        }
    }

    /// Leaves the cost spent: the loads are ended early, and may be billed.
    pub(crate) fn leave(&self) {
        self.begin();
        self.is_settled.store(true, Relaxed);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !*self.has_begun.get_mut() {
            self.cache.spending.state.lock().give_back(self.part, self.nanos);
        }
    }
}

impl Spending {
    /// Takes the cost of loads. Returns the part of time and the amount, if the budget allows it.
    async fn take(
        &self,
        cache: &Cache,
        mut order: Order,
        time: Option<&remote::Budget>,
    ) -> Option<(u64, u64)> {
        loop {
            let step = self.state.lock().reserve(&order, cache.clock.date());
            match (step, &cache.shared) {
                (Step::Reserved(part, nanos), _) => return Some((part, nanos)),
                (Step::Ask(part, need), Some(shared)) => {
                    match self.ask(cache, shared, &order, (part, need), time).await {
                        // Others may have taken of it meanwhile.
                        Some(true) => {}
                        Some(false) if self.state.lock().is_lost(&order, part) => {}
                        Some(false) => return None,
                        None => order.counted = Counted::OutOfReach,
                    }
                }
                (Step::Refused | Step::Ask(..), _) => return None,
            }
        }
    }

    /// Asks the store for a block. Returns whether it has granted one; `None` where it is out of
    /// reach.
    async fn ask(
        &self,
        cache: &Cache,
        shared: &Shared,
        order: &Order,
        (part, need): (u64, u64),
        time: Option<&remote::Budget>,
    ) -> Option<bool> {
        let turn = Turn::of(&self.asks_for_a_block);
        let request = self.state.lock().request(order, part, need, turn.is_first);
        let own = remote::Budget::new(shared.remote.deadline);
        let take = |left| shared.remote.tier.take_block(shared.place(), &request, left);
        let reply = time.unwrap_or(&own).spend(Instant::now(), take).await;
        let mut state = self.state.lock();
        let Ok(block) = reply else {
            state.cut_off(part);
            return None;
        };
        Some(state.hear(&request, block, cache.clock.date()))
    }

    /// Returns the budget `budget`, and what is spent of it; `None` for a cache without one.
    pub(crate) fn report(&self, budget: Budget, now: SystemTime) -> Option<BudgetReport> {
        let Budget::Of { nanos: limit, window } = budget else { return None };
        Some(self.state.lock().report(window, limit, now))
    }
}

/// The turn of one request. Others that are sent meanwhile ask for no more than they need.
struct Turn<'a> {
    taken: &'a AtomicBool,
    is_first: bool,
}

impl<'a> Turn<'a> {
    fn of(taken: &'a AtomicBool) -> Self {
        Self { taken, is_first: !taken.swap(true, AcqRel) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.is_first {
            self.taken.store(false, Release);
        }
    }
}
