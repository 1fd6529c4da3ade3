//! The cost of loads, reserved of the budget of their cache before they begin and settled when they
//! end.
//!
//! A load that is dropped, panics or is ended by `load_timeout` keeps what it has reserved: it may
//! have been billed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use cachery_syntax::Budget;

use crate::{
    cache::{Cache, Shared},
    money,
    over_budget::OverBudget,
    remote,
    spending::{Counted, Order, Step},
};

/// The cost of a load that was reserved before it began. Dropped, it stays spent, unless the
/// function has not begun.
pub(super) struct Reservation {
    cache: Arc<Cache>,
    part: u64,
    nanos: u64,
    /// `true` once the function may have cost something.
    has_begun: AtomicBool,
    /// `true` once it is known what the load has cost, or that it never will be.
    is_settled: AtomicBool,
}

/// Reserves the cost of so many loads that are about to begin. `None` for a cache without a budget.
/// `time` is the rest of the call's time for the remote tier, where it has one.
///
/// # Errors
/// Refuses loads that the budget does not allow now.
pub(super) async fn reserve(
    cache: &Arc<Cache>,
    time: Option<&remote::Budget>,
    loads: u64,
) -> Result<Option<Reservation>, OverBudget> {
    let Some(order) = order(cache, loads) else { return Ok(None) };
    let taken = take(cache, order, time).await;
    let (part, nanos) = taken.ok_or_else(|| refused(cache, &order))?;
    let [has_begun, is_settled] = [false; 2].map(AtomicBool::new);
    let cache = Arc::clone(cache);
    Ok(Some(Reservation { cache, part, nanos, has_begun, is_settled }))
}

/// Tells whether the budget would refuse a load now, as far as this node knows.
pub(super) fn would_refuse(cache: &Cache, is_out_of_reach: bool) -> bool {
    let Some(mut order) = order(cache, 1) else { return false };
    if is_out_of_reach {
        order.counted = Counted::OutOfReach;
    }
    cache.spending.sums().would_refuse(&order, cache.clock.date())
}

/// Returns the order of so many loads; `None` for a cache without a budget.
fn order(cache: &Cache, loads: u64) -> Option<Order> {
    let policy = cache.policy.get();
    let Budget::Of { nanos: limit, window } = policy.budget else { return None };
    let declared = policy.cost.and_then(money::nanos).or(cache.site.cost);
    let counted = if cache.shared.is_some() { Counted::There } else { Counted::Here };
    Some(Order { window, limit, declared, loads, counted })
}

/// Counts loads that the budget refuses, and returns the error.
fn refused(cache: &Cache, order: &Order) -> OverBudget {
    cache.counters.over_budget.add(1);
    let Order { window, limit, .. } = *order;
    let rest = cache.spending.sums().rest(window, limit, cache.clock.date());
    OverBudget::new(cache.site.name, Budget::of_nanos(limit, window), rest)
}

/// Takes the cost of loads. Returns the part of time and the amount, if the budget allows it.
async fn take(
    cache: &Cache,
    mut order: Order,
    time: Option<&remote::Budget>,
) -> Option<(u64, u64)> {
    loop {
        let step = cache.spending.sums().reserve(&order, cache.clock.date());
        match (step, &cache.shared) {
            (Step::Reserved(part, nanos), _) => return Some((part, nanos)),
            (Step::Ask(part, need), Some(shared)) => {
                match ask(cache, shared, &order, (part, need), time).await {
                    // Others may have taken of it meanwhile.
                    Some(true) => {}
                    Some(false) if cache.spending.sums().is_lost(&order, part) => {}
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
    cache: &Cache,
    shared: &Shared,
    order: &Order,
    (part, need): (u64, u64),
    time: Option<&remote::Budget>,
) -> Option<bool> {
    let turn = cache.spending.turn();
    let request = cache.spending.sums().request(order, part, need, turn.is_first);
    let own = remote::Budget::new(shared.remote.deadline);
    let take = |left| shared.remote.tier.take_block(shared.place(), &request, left);
    let reply = time.unwrap_or(&own).spend(Instant::now(), take).await;
    let mut state = cache.spending.sums();
    let Ok(block) = reply else {
        state.cut_off(part);
        return None;
    };
    Some(state.hear(&request, block, cache.clock.date()))
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
            self.cache.spending.sums().settle(self.part, self.nanos, nanos);
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
            self.cache.spending.sums().give_back(self.part, self.nanos);
        }
    }
}
