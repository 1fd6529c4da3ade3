//! Reservations, blocks and windows.

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
fn a_load_that_the_rest_does_not_cover_would_be_refused() {
    let mut state = State::default();
    let order = order(Window::Day, Some(300), Counted::Here);
    for used in [0, 300, 600] {
        assert_eq!((state.used(), state.would_refuse(&order, at(1))), (used, false));
        reserve(&mut state, 1, Some(300)).unwrap();
    }
    assert!(state.would_refuse(&order, at(1)));
    assert_eq!(state.used(), 900, "it reserves nothing");
    let noon = at(1) + DAY / 2;
    assert_eq!(state.rest(Window::Day, LIMIT, noon), Rest { nanos: 100, more_in: DAY / 2 });
    assert!(!state.would_refuse(&order, at(2)));
}

#[test]
fn more_of_a_sliding_budget_comes_when_what_was_spent_first_counts_no_more() {
    let order = order(Window::Sliding(DAY), Some(500), Counted::Here);
    let mut state = State::default();
    for hours in [0, 7] {
        assert!(matches!(state.reserve(&order, at(1) + DAY / 24 * hours), Step::Reserved(..)));
    }
    let now = at(1) + DAY / 3;
    assert!(state.would_refuse(&order, now));
    let Rest { nanos, more_in } = state.rest(order.window, LIMIT, now);
    assert_eq!((nanos, more_in), (0, DAY / 24 * 18));
    let just_before = now + more_in - Duration::from_nanos(1);
    assert!(state.would_refuse(&order, just_before) && !state.would_refuse(&order, now + more_in));
}

#[test]
fn a_node_knows_of_others_what_would_be_refused() {
    let mut store = Store::default();
    let [mut one, mut other] = [State::default(), State::default()];
    assert_eq!(load(&mut one, 1, Some(&mut store), 600), 600);
    assert_eq!(load(&mut other, 2, Some(&mut store), 100), 100);
    let costing = |cost| order(Window::Day, Some(cost), Counted::There);
    assert_eq!(other.rest(Window::Day, LIMIT, at(1)).nanos, 300);
    assert!(!other.would_refuse(&costing(300), at(1)));
    assert!(other.would_refuse(&costing(301), at(1)));
    // Alone it has its share, and the first has all that there is.
    assert_eq!(load(&mut other, 2, None, 301), 0);
    let alone = order(Window::Day, Some(1), Counted::OutOfReach);
    assert!(other.would_refuse(&alone, at(1)));
    assert_eq!(other.rest(Window::Day, LIMIT, at(1)).nanos, 0);
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

#[test]
fn the_rest_of_a_block_is_given_back_once() {
    let order = order(Window::Sliding(DAY), Some(3), Counted::There);
    let mut state = State::default();
    let mut store = Store::default();
    let Step::Ask(first, need) = state.reserve(&order, at(1)) else { panic!("it has no block") };
    let request = state.request(&order, first, need, true);
    assert_eq!(request.differences, []);
    assert!(state.hear(&request, store.take(0, &request), at(1)));
    assert_eq!(state.reserve(&order, at(1)), Step::Reserved(first, 3));
    // It is kept while its part of time goes on, and given back in the next one.
    assert_eq!(state.request(&order, first, 8, false).differences, []);
    let later = at(1) + DAY / 4;
    let Step::Ask(part, need) = state.reserve(&order, later) else { panic!("it has no block") };
    let request = state.request(&order, part, need, true);
    assert_eq!(request.differences, [(first, 3 - 10)], "of a block of a hundredth");
    assert_eq!(state.request(&order, part, need, true).differences, []);
    state.settle(first, 3, 5);
    let request = state.request(&order, part, need, true);
    assert_eq!(request.differences, [(first, 2)], "a load that cost more than it had reserved");
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
                1 => store = Store { epoch: fastrand::u128(..).to_be_bytes(), ..Store::default() },
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
