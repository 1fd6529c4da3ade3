//! What the loads of a cache have spent in each part of time, and what this node may spend.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use cachery_syntax::Window;

use super::{BudgetReport, part, recent::Recent};
use crate::remote::{Block, BlockRequest};

/// Before a load has been measured, one reserves this part of the budget.
const UNMEASURED: u64 = 100;

/// A block is this part of the budget, or the cost of one load where that is more.
const BLOCKS: u64 = 100;

/// The time for which a node does not ask again for a block that it was refused.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What the loads of a cache have spent in each part of time, and what this node may spend. All
/// amounts are nano-units.
#[derive(Default)]
pub(super) struct State {
    /// The parts that still count.
    parts: BTreeMap<u64, Part>,
    /// The window whose parts these are.
    window: Option<Window>,
    recent: Recent,
    known: Option<Known>,
    /// The part in which it was found that the store has forgotten what was granted.
    lost: Option<u64>,
    /// The part in which the store was last not reached.
    cut_off: Option<u64>,
    /// The last refusal of the store.
    refusal: Option<Refusal>,
}

/// One part of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Part {
    /// What is spent or reserved.
    used: u64,
    /// The blocks that all nodes know of.
    granted: u64,
    /// What was reserved beyond the blocks.
    beyond: u64,
}

/// The last reply of the store.
#[derive(Clone, Copy)]
struct Known {
    block: Block,
    /// The part of time of the reply.
    part: u64,
    /// What was granted to other nodes.
    others: u64,
}

/// A block that the store has not granted.
#[derive(Clone, Copy)]
struct Refusal {
    part: u64,
    need: u64,
    /// The time until which as much is not asked for again.
    until: SystemTime,
}

/// The loads that are about to begin.
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) window: Window,
    pub(super) limit: u64,
    /// The cost of one load, where it is declared.
    pub(super) declared: Option<u64>,
    pub(super) loads: u64,
    /// Where the budget is counted.
    pub(super) counted: Counted,
}

/// The place where a budget is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// In this process alone.
    Here,
    /// In the store that all nodes share.
    There,
    /// There, and the store is out of reach.
    OutOfReach,
}

/// The outcome of an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The cost is reserved in this part of time.
    Reserved(u64, u64),
    /// The budget does not allow the loads.
    Refused,
    /// The store is to be asked for a block of at least so much in this part of time.
    Ask(u64, u64),
}

impl State {
    /// Reserves the cost of loads: as it is declared, else as it was measured.
    pub(super) fn reserve(&mut self, order: &Order, now: SystemTime) -> Step {
        let part = self.turn(order.window, now);
        let unmeasured = (order.limit / UNMEASURED).max(1);
        let each = order.declared.or(self.recent.p95()).unwrap_or(unmeasured);
        let nanos = each.saturating_mul(order.loads);
        let at = self.parts.get(&part).copied().unwrap_or_default();
        let missing = nanos.saturating_sub(at.granted.saturating_sub(at.used));
        match order.counted {
            Counted::Here => {
                let is_allowed =
                    self.used().checked_add(nanos).is_some_and(|sum| sum <= order.limit);
                if is_allowed { self.take(part, nanos, 0) } else { Step::Refused }
            }
            _ if missing == 0 => self.take(part, nanos, 0),
            Counted::There if self.is_refused(part, missing, now) => Step::Refused,
            Counted::There if !self.is_lost(order, part) => Step::Ask(part, missing),
            _ => {
                let share = self.known.map_or(0, |known| known.block.share);
                let beyond = self.sum(|part| part.beyond).saturating_add(missing);
                if beyond <= share { self.take(part, nanos, missing) } else { Step::Refused }
            }
        }
    }

    /// Tells whether the store has forgotten what was granted in the window.
    pub(super) fn is_lost(&self, order: &Order, part: u64) -> bool {
        self.lost.is_some_and(|at| at + part::counted(order.window) > part)
    }

    /// Tells whether the store has refused as much a moment ago.
    fn is_refused(&self, part: u64, need: u64, now: SystemTime) -> bool {
        let refused = |last: Refusal| last.part == part && last.need <= need && now < last.until;
        self.refusal.is_some_and(refused)
    }

    fn take(&mut self, part: u64, nanos: u64, beyond: u64) -> Step {
        let at = self.parts.entry(part).or_default();
        at.used = at.used.saturating_add(nanos);
        at.beyond = at.beyond.saturating_add(beyond);
        Step::Reserved(part, nanos)
    }

    /// Replaces what was reserved in `part` by the cost.
    pub(super) fn settle(&mut self, part: u64, reserved: u64, nanos: u64) {
        // One that has failed for nothing tells nothing of the next.
        if nanos > 0 {
            self.recent.add(nanos);
        }
        self.give_back(part, reserved);
        if let Some(at) = self.parts.get_mut(&part) {
            at.used = at.used.saturating_add(nanos);
        }
    }

    /// Takes back what was reserved in `part`.
    pub(super) fn give_back(&mut self, part: u64, reserved: u64) {
        if let Some(at) = self.parts.get_mut(&part) {
            at.used = at.used.saturating_sub(reserved);
        }
    }

    /// Returns the request for a block of at least `need`; the only one that asks for more is the
    /// `first`.
    pub(super) fn request(
        &mut self,
        order: &Order,
        part: u64,
        need: u64,
        first: bool,
    ) -> BlockRequest {
        let block = if first { (order.limit / BLOCKS).max(need) } else { need };
        let mut differences = Vec::new();
        for (number, at) in &mut self.parts {
            let spent = signed(at.used) - signed(at.granted);
            if spent > 0 {
                differences.push((*number, spent));
            } else if spent < 0 && *number < part {
                differences.push((*number, spent));
                // Given back once only, whether or not there is a reply.
                at.granted = at.used;
            }
        }
        BlockRequest {
            window: order.window,
            limit: order.limit,
            part,
            counted: part::counted(order.window),
            need,
            want: block,
            differences,
            life: part::life(order.window),
        }
    }

    /// Notes the reply to a request. Returns whether it has granted a block.
    pub(super) fn hear(&mut self, request: &BlockRequest, block: Block, now: SystemTime) -> bool {
        let counts = |at: u64| at + request.counted > request.part;
        self.cut_off = None;
        let last = self.known.filter(|known| counts(known.part));
        if last.is_some_and(|known| known.block.epoch != block.epoch) {
            self.lost = Some(request.part);
            return false;
        }
        for (number, spent) in &request.differences {
            if let (Some(at), Ok(spent)) = (self.parts.get_mut(number), u64::try_from(*spent)) {
                at.granted = at.granted.saturating_add(spent);
            }
        }
        if block.granted > 0 {
            let at = self.parts.entry(request.part).or_default();
            at.granted = at.granted.saturating_add(block.granted);
        }
        let others = block.total.saturating_sub(self.sum(|part| part.granted));
        self.known = Some(Known { block, part: request.part, others });
        let is_granted = block.granted >= request.need;
        let refusal = Refusal { part: request.part, need: request.need, until: now + ASK_AGAIN };
        self.refusal = (!is_granted).then_some(refusal);
        is_granted
    }

    /// Notes that a request was not answered.
    pub(super) fn cut_off(&mut self, part: u64) {
        self.cut_off = Some(part);
    }

    /// Returns what is spent of the budget, as far as this node knows.
    pub(super) fn report(&mut self, window: Window, limit: u64, now: SystemTime) -> BudgetReport {
        let part = self.turn(window, now);
        let counts = |at: u64| at + part::counted(window) > part;
        let known = self.known.filter(|known| counts(known.part));
        let used = self.used().saturating_add(known.map_or(0, |known| known.others));
        BudgetReport { limit, used, is_cut_off: self.cut_off.or(self.lost).is_some_and(counts) }
    }

    /// Forgets the parts that are over, and returns the present one. What was spent in another
    /// window, from before a reload, counts as spent now.
    fn turn(&mut self, window: Window, now: SystemTime) -> u64 {
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let part = part::number(window, since_1970);
        if self.window != Some(window) {
            let used = self.used();
            self.window = Some(window);
            self.parts = BTreeMap::from([(part, Part { used, ..Part::default() })]);
            self.known = None;
            self.lost = None;
            self.cut_off = None;
            self.refusal = None;
        }
        self.parts.retain(|number, _| number + part::counted(window) > part);
        part
    }

    fn used(&self) -> u64 {
        self.sum(|part| part.used)
    }

    fn sum(&self, amount: impl Fn(&Part) -> u64) -> u64 {
        self.parts.values().fold(0, |sum, part| sum.saturating_add(amount(part)))
    }
}

fn signed(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Barrier,
            atomic::{AtomicU64, Ordering::SeqCst},
        },
        thread,
    };

    use parking_lot::Mutex;

    use super::*;

    const LIMIT: u64 = 1000;
    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn at(days: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY * days
    }

    fn order(window: Window, declared: Option<u64>, counted: Counted) -> Order {
        Order { window, limit: LIMIT, declared, loads: 1, counted }
    }

    /// Reserves the cost of a load on this day, in a cache of this process alone.
    fn reserve(state: &mut State, day: u32, declared: Option<u64>) -> Option<(u64, u64)> {
        match state.reserve(&order(Window::Day, declared, Counted::Here), at(day)) {
            Step::Reserved(part, nanos) => Some((part, nanos)),
            Step::Refused => None,
            Step::Ask(..) => unreachable!("nobody else is to be asked"),
        }
    }

    #[test]
    fn loads_are_allowed_up_to_the_budget_of_each_window() {
        let mut state = State::default();
        let allowed = (0..20).filter_map(|_| reserve(&mut state, 1, Some(300))).count();
        assert_eq!((allowed, state.used()), (3, 900));
        assert!(reserve(&mut state, 1, Some(100)).is_some(), "a cheaper one fits");
        assert!(reserve(&mut state, 1, Some(0)).is_some());
        assert!(reserve(&mut state, 1, Some(1)).is_none());
        assert!(reserve(&mut state, 2, Some(1000)).is_some(), "the next day has its own");
    }

    #[test]
    fn a_load_settles_for_the_window_in_which_it_began() {
        let mut state = State::default();
        let (part, nanos) = reserve(&mut state, 1, Some(600)).unwrap();
        state.settle(part, nanos, 100);
        assert_eq!(state.used(), 100);
        let (part, nanos) = reserve(&mut state, 1, Some(600)).unwrap();
        assert!(reserve(&mut state, 2, Some(10)).is_some());
        state.settle(part, nanos, 700);
        assert_eq!(state.used(), 10);
    }

    #[test]
    fn a_load_reserves_what_others_have_cost_where_nothing_is_declared() {
        let mut state = State::default();
        let (part, nanos) = reserve(&mut state, 1, None).unwrap();
        assert_eq!(nanos, 10, "a hundredth, before one is measured");
        state.settle(part, nanos, 400);
        assert_eq!(reserve(&mut state, 1, None), Some((part, 400)));
        assert_eq!(reserve(&mut state, 1, None), None);
    }

    #[test]
    fn what_was_spent_before_another_window_was_set_stays_spent() {
        let mut state = State::default();
        reserve(&mut state, 1, Some(900)).unwrap();
        let sliding = order(Window::Sliding(DAY), Some(200), Counted::Here);
        assert_eq!(state.reserve(&sliding, at(1)), Step::Refused);
        assert!(matches!(state.reserve(&sliding, at(3)), Step::Reserved(..)));
    }

    #[test]
    fn a_sliding_window_never_allows_more_than_its_budget() {
        let hour = Duration::from_secs(3600);
        let order = order(Window::Sliding(hour), Some(70), Counted::Here);
        let mut state = State::default();
        let mut spent = Vec::new();
        for minute in 0..600 {
            let now = at(1) + Duration::from_secs(60) * minute;
            while state.reserve(&order, now) != Step::Refused {
                spent.push(now);
            }
        }
        for begin in &spent {
            let within = spent.iter().filter(|at| (*begin..*begin + hour).contains(at)).count();
            assert!(within * 70 <= 1000, "{within}");
        }
        assert!(spent.len() >= 9 * 14, "money comes back within the window and a twelfth");
    }

    #[test]
    fn threads_that_reserve_at_once_stay_within_the_budget() {
        let state = Mutex::new(State::default());
        let billed = AtomicU64::new(0);
        let barrier = Barrier::new(8);
        thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (state, billed, barrier) = (&state, &billed, &barrier);
                scope.spawn(move || {
                    for round in 0..200 {
                        barrier.wait();
                        let cost = 1 + (thread + round) % 7;
                        let reserved = reserve(&mut state.lock(), 1, Some(cost));
                        let Some((part, nanos)) = reserved else { continue };
                        let bill = if round % 3 == 0 { 0 } else { cost };
                        let sum = billed.fetch_add(bill, SeqCst) + bill;
                        assert!(sum <= LIMIT, "{sum}");
                        // Some loads are dropped: they settle nothing.
                        if round % 5 > 0 {
                            state.lock().settle(part, nanos, bill);
                        }
                    }
                });
            }
        });
        assert!(billed.load(SeqCst) > 900, "{billed:?}");
    }

    /// The store as its script has it, for one window of the calendar.
    #[derive(Default)]
    struct Store {
        epoch: [u8; 16],
        granted: u64,
        shares: BTreeMap<usize, u64>,
    }

    impl Store {
        fn take(&mut self, node: usize, request: &BlockRequest) -> Block {
            for (_, spent) in &request.differences {
                self.granted = self.granted.saturating_add_signed(*spent);
            }
            let left = request.limit.saturating_sub(self.granted);
            let granted = if left >= request.need { request.want.min(left) } else { 0 };
            self.granted += granted;
            self.shares.remove(&node);
            let nodes = self.shares.len() as u64 + 1;
            let others: u64 = self.shares.values().sum();
            let share = (request.limit / nodes).min(request.limit.saturating_sub(others));
            self.shares.insert(node, share);
            Block { granted, total: self.granted, share, nodes, epoch: self.epoch }
        }
    }

    /// Runs one load of a node. Returns its cost, or zero for one that is refused.
    fn load(state: &mut State, node: usize, store: Option<&mut Store>, cost: u64) -> u64 {
        let mut order = order(Window::Day, Some(cost), Counted::There);
        let mut store = store;
        loop {
            match state.reserve(&order, at(1)) {
                Step::Reserved(part, nanos) => {
                    state.settle(part, nanos, nanos);
                    return nanos;
                }
                Step::Refused => return 0,
                Step::Ask(part, need) => {
                    let Some(store) = &mut store else {
                        state.cut_off(part);
                        order.counted = Counted::OutOfReach;
                        continue;
                    };
                    let request = state.request(&order, part, need, true);
                    let block = store.take(node, &request);
                    let is_granted = state.hear(&request, block, at(1));
                    if !is_granted && !state.is_lost(&order, part) {
                        return 0;
                    }
                }
            }
        }
    }

    const NODES: usize = 10;

    #[test]
    fn ten_nodes_share_a_budget_and_spend_all_but_the_rest_of_their_blocks() {
        fastrand::seed(7);
        let mut store = Store::default();
        let mut nodes: Vec<_> = (0..NODES).map(|_| State::default()).collect();
        let mut spent = 0;
        for _ in 0..10_000 {
            let node = fastrand::usize(..NODES);
            spent += load(&mut nodes[node], node, Some(&mut store), 3);
            assert!(spent <= LIMIT, "{spent}");
        }
        assert!(spent >= LIMIT - NODES as u64 * LIMIT / BLOCKS, "{spent}");
        let report = nodes[0].report(Window::Day, LIMIT, at(1));
        assert!((spent..=LIMIT).contains(&report.used) && !report.is_cut_off, "{report:?}");
    }

    /// The store is lost and comes back, with all that it knew or without it, again and again.
    #[test]
    fn with_a_store_that_is_killed_ten_nodes_spend_two_budgets_and_their_blocks_at_most() {
        let most = 2 * LIMIT + NODES as u64 * (LIMIT / BLOCKS);
        let mut greatest = 0;
        for seed in 0..300 {
            fastrand::seed(seed);
            let mut store = Store::default();
            let mut nodes: Vec<_> = (0..NODES).map(|_| State::default()).collect();
            let cost = 1 + seed % 9;
            // Each has reached the store: one that comes later counts from what that knows.
            let begin = |(node, state)| load(state, node, Some(&mut store), cost);
            let mut spent: u64 = nodes.iter_mut().enumerate().map(begin).sum();
            let mut is_up = seed % 4 > 0;
            // Some nodes are busier than others.
            let busy = 1 + fastrand::usize(..NODES);
            for _ in 0..3_000 {
                match fastrand::u32(..400) {
                    0 => is_up = !is_up,
                    1 => {
                        store =
                            Store { epoch: fastrand::u128(..).to_be_bytes(), ..Store::default() }
                    }
                    _ => {}
                }
                let node = fastrand::usize(..if fastrand::bool() { busy } else { NODES });
                let store = is_up.then_some(&mut store);
                spent += load(&mut nodes[node], node, store, cost);
                assert!(spent <= most, "{spent} with the seed {seed}");
            }
            greatest = greatest.max(spent);
        }
        assert!(greatest > LIMIT, "{greatest}: the store was never lost");
    }

    #[test]
    fn a_node_that_has_never_reached_the_store_loads_nothing() {
        let mut state = State::default();
        assert_eq!(load(&mut state, 0, None, 1), 0);
        assert!(state.report(Window::Day, LIMIT, at(1)).is_cut_off);
        let mut store = Store::default();
        assert_eq!(load(&mut state, 0, Some(&mut store), 1), 1);
        assert!(!state.report(Window::Day, LIMIT, at(1)).is_cut_off);
    }
}
