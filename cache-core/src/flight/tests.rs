//! Tests of flights.

mod progress;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{Flights, Follower, Join, Loading, Permit, Relation, Wakeup, enclosing};
use crate::{
    clock::Clock,
    key::{Key, KeyEncoder, StoredKey},
};

/// Own loads that the tests allow.
const MAX_OWN_LOADS: usize = 8;

type Table = Arc<Flights<u32>>;

fn table() -> Table {
    table_by(Clock::isolated())
}

fn table_by(clock: Clock) -> Table {
    Arc::new(Flights::new(4, MAX_OWN_LOADS, clock))
}

fn key(n: u32) -> Key {
    KeyEncoder::new().arg(&n).finish()
}

fn join(table: &Table) -> Join<u32> {
    join_key(table, 1)
}

/// Joins as part of the load that the running code belongs to.
fn join_key(table: &Table, n: u32) -> Join<u32> {
    table.join(&key(n), || 0, |_| Relation::Current, &enclosing(), || table.begin_load())
}

fn lead(table: &Table) -> Permit<u32> {
    match join(table) {
        Join::Lead(permit) => permit,
        _ => panic!("somebody loads already"),
    }
}

fn follow(table: &Table) -> Follower<u32> {
    match join(table) {
        Join::Follow(follower) => follower,
        _ => panic!("nobody loads"),
    }
}

fn follow_all(table: &Table, count: usize) -> Vec<Follower<u32>> {
    (0..count).map(|_| follow(table)).collect()
}

/// What the follower was told, if anything.
fn told(follower: &mut Follower<u32>) -> Option<Wakeup<u32>> {
    match pin!(follower.wakeup()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(turn) => Some(turn.expect("no follower is left without a word")),
        Poll::Pending => None,
    }
}

fn waits(follower: &mut Follower<u32>) -> bool {
    told(follower).is_none()
}

fn permit_of(follower: &mut Follower<u32>) -> Permit<u32> {
    match told(follower) {
        Some(Wakeup::Load(permit)) => permit,
        Some(Wakeup::Landed(_)) => panic!("it was given an outcome, not the right to load"),
        Some(Wakeup::LookAgain) => panic!("it is to look again"),
        None => panic!("it waits"),
    }
}

fn outcome_of(follower: &mut Follower<u32>) -> u32 {
    match told(follower) {
        Some(Wakeup::Landed(outcome)) => outcome,
        Some(Wakeup::Load(_)) => panic!("it was given the right to load, not an outcome"),
        Some(Wakeup::LookAgain) => panic!("it is to look again"),
        None => panic!("it waits"),
    }
}

fn looks_again(follower: &mut Follower<u32>) -> bool {
    matches!(told(follower), Some(Wakeup::LookAgain))
}

/// Whether `permit`, landing now, may store.
fn stores(permit: Permit<u32>) -> bool {
    let mut stored = false;
    permit.land(0, || stored = true);
    stored
}

#[test]
fn the_first_leads_and_others_follow() {
    let table = table();
    let _leader = lead(&table);
    let mut follower = follow(&table);
    assert!(waits(&mut follower));
    assert_eq!(table.len(), 1);
}

#[test]
fn each_key_has_a_flight_of_its_own() {
    let table = table();
    let _one = lead(&table);
    let others: Vec<_> = (2..100).map(|n| join_key(&table, n)).collect();
    assert!(others.iter().all(|boarding| matches!(boarding, Join::Lead(_))));
    assert_eq!(table.len(), 99);
    drop(others);
    assert_eq!(table.len(), 1);
}

#[test]
fn landing_stores_once_tells_all_and_ends_the_flight() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 3);
    let mut stored = 0;
    leader.land(7, || stored += 1);
    assert_eq!(stored, 1);
    assert_eq!(table.len(), 0);
    for follower in &mut followers {
        assert_eq!(outcome_of(follower), 7);
    }
}

#[test]
fn a_dropped_permit_passes_on_in_order_of_arrival_and_the_last_ends_the_flight() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 3);
    drop(leader);
    for next in 0..3 {
        let successor = permit_of(&mut followers[next]);
        assert!(followers[next + 1..].iter_mut().all(waits), "only one loads");
        assert_eq!(table.len(), 1);
        drop(successor);
    }
    assert_eq!(table.len(), 0);
}

#[test]
fn a_permit_that_nobody_looked_at_passes_on_with_its_receiver() {
    let table = table();
    let leader = lead(&table);
    let (gone, mut next) = (follow(&table), follow(&table));
    drop(leader);
    drop(gone);
    assert!(stores(permit_of(&mut next)));
}

#[test]
fn a_follower_who_leaves_inherits_nothing() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 3);
    drop(followers.remove(0));
    let mut last = followers.remove(1);
    drop(leader);
    let successor = permit_of(&mut followers[0]);
    followers.clear();
    drop(successor);
    drop(permit_of(&mut last));
    assert_eq!(table.len(), 0);
}

#[test]
fn when_all_followers_have_left_a_dropped_permit_ends_the_flight() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 3);
    followers[1].stop_waiting();
    drop(followers);
    drop(leader);
    assert_eq!(table.len(), 0);
    assert_eq!(Arc::strong_count(&table), 1, "nothing keeps the table");
}

#[test]
fn a_shared_failure_ends_the_wait_of_all_and_stores_nothing() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 3);
    followers[2].stop_waiting();
    let own_load = permit_of(&mut followers.remove(2));
    leader.fail(Some(&5));
    assert!(followers.iter_mut().all(|follower| outcome_of(follower) == 5));
    assert_eq!(table.len(), 1, "one still loads for itself");
    own_load.fail(Some(&5));
    assert_eq!(table.len(), 0);
}

#[test]
fn a_failure_is_kept_unless_the_load_was_fenced_off_and_own_loads_go_on() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 2);
    followers[1].stop_waiting();
    let own_load = permit_of(&mut followers.remove(1));
    assert_eq!(leader.fail_and(&5, || "kept"), Some("kept"));
    assert_eq!(outcome_of(&mut followers[0]), 5);
    assert!(stores(own_load), "a value that comes later takes its place");
    let leader = lead(&table);
    let mut follower = follow(&table);
    table.fence(&StoredKey::from(&key(1)), || ());
    assert_eq!(leader.fail_and(&6, || "kept"), None);
    assert_eq!(outcome_of(&mut follower), 6, "those who wait have it");
}

#[test]
fn after_a_value_that_is_not_to_be_stored_all_who_wait_load_at_once() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 200);
    assert_eq!(leader.decline(|| "dropped"), Some("dropped"));
    let mut permits: Vec<_> = followers.iter_mut().map(permit_of).collect();
    assert_eq!(table.len(), 1, "an invalidation fences all of them off");
    assert!(stores(permits.remove(0)), "the first value that may be stored is stored");
    assert!(permits.into_iter().all(|permit| !stores(permit)));
    let leader = lead(&table);
    table.fence(&StoredKey::from(&key(1)), || ());
    assert_eq!(leader.decline(|| "dropped"), None, "there is nothing of this load to drop");
}

#[test]
fn after_a_failure_that_cannot_be_shared_all_load_for_themselves_within_the_bound() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, MAX_OWN_LOADS + 2);
    leader.fail(None);
    let mut own_loads: Vec<_> =
        followers.drain(..MAX_OWN_LOADS).map(|mut first| permit_of(&mut first)).collect();
    assert!(followers.iter_mut().all(waits), "there is room for {MAX_OWN_LOADS}");
    own_loads.remove(0).fail(None);
    own_loads.push(permit_of(&mut followers.remove(0)));
    assert!(waits(&mut followers[0]));
    drop(own_loads.remove(0));
    own_loads.push(permit_of(&mut followers.remove(0)));
    assert_eq!(own_loads.len(), MAX_OWN_LOADS);
    for own_load in own_loads {
        assert_eq!(table.len(), 1);
        own_load.fail(None);
    }
    assert_eq!(table.len(), 0);
}

#[test]
fn one_who_lands_for_itself_serves_all_who_wait() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, MAX_OWN_LOADS + 1);
    leader.fail(None);
    let mut newcomer = follow(&table);
    assert!(stores(permit_of(&mut followers[0])));
    assert_eq!(outcome_of(&mut followers[MAX_OWN_LOADS]), 0);
    assert_eq!(outcome_of(&mut newcomer), 0);
    assert!(!stores(permit_of(&mut followers[1])), "the flight is over");
}

#[test]
fn a_follower_waits_for_one_failure_only() {
    let table = table();
    let leader = lead(&table);
    let mut early = follow(&table);
    leader.fail(None);
    let early = permit_of(&mut early);
    let mut late = follow(&table);
    assert!(waits(&mut late), "it has seen no failure yet");
    early.fail(None);
    permit_of(&mut late).fail(None);
    assert_eq!(table.len(), 0);
}

#[test]
fn who_loses_patience_loads_beside_the_leader_while_there_is_room() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, MAX_OWN_LOADS + 2);
    followers.iter_mut().for_each(Follower::stop_waiting);
    let mut own_loads: Vec<_> =
        followers.drain(..MAX_OWN_LOADS).map(|mut first| permit_of(&mut first)).collect();
    assert!(followers.iter_mut().all(waits));
    drop(own_loads.pop());
    own_loads.push(permit_of(&mut followers[0]));
    assert!(stores(leader), "whoever lands first stores");
    assert_eq!(outcome_of(&mut followers[1]), 0);
    assert!(!own_loads.into_iter().any(stores));
}

#[test]
fn a_stuck_leader_stores_nothing_after_one_who_overtook_it() {
    let table = table();
    let leader = lead(&table);
    let mut follower = follow(&table);
    follower.stop_waiting();
    assert!(stores(permit_of(&mut follower)));
    assert_eq!(table.len(), 0);
    assert!(!stores(leader));
}

#[test]
fn who_lost_patience_inherits_before_who_waits() {
    let table = table();
    let leader = lead(&table);
    let mut patient = follow(&table);
    let mut impatient = follow_all(&table, MAX_OWN_LOADS + 1);
    impatient.iter_mut().for_each(Follower::stop_waiting);
    drop(leader);
    let _successor = permit_of(&mut impatient[MAX_OWN_LOADS]);
    assert!(waits(&mut patient));
}

#[test]
fn a_solo_is_succeeded_by_a_patient_follower_only_when_nobody_else_loads() {
    let table = table();
    let leader = lead(&table);
    let mut impatient = follow_all(&table, 2);
    let mut patient = follow(&table);
    impatient.iter_mut().for_each(Follower::stop_waiting);
    drop(permit_of(&mut impatient[0]));
    assert!(waits(&mut patient), "the leader loads, and the other");
    let own_load = permit_of(&mut impatient[1]);
    leader.fail(Some(&5));
    assert_eq!(outcome_of(&mut patient), 5);
    let mut patient = follow(&table);
    drop(own_load);
    assert!(stores(permit_of(&mut patient)));
}

#[test]
fn losing_patience_after_the_outcome_changes_nothing() {
    let table = table();
    let leader = lead(&table);
    let mut follower = follow(&table);
    leader.land(7, || ());
    follower.stop_waiting();
    assert_eq!(outcome_of(&mut follower), 7);
}

#[test]
fn a_fence_takes_the_flight_out_and_those_who_joined_before_stay() {
    let table = table();
    let old = lead(&table);
    let mut follower = follow(&table);
    let mut acted = false;
    table.fence(&StoredKey::from(&key(1)), || acted = true);
    assert!(acted);
    let new = lead(&table);
    assert!(!stores(old));
    assert_eq!(outcome_of(&mut follower), 0);
    assert_eq!(table.len(), 1, "the new flight is another");
    assert!(stores(new));
}

#[test]
fn a_solo_of_a_fenced_flight_stores_nothing_and_serves_those_who_wait() {
    let table = table();
    let old = lead(&table);
    let mut followers = follow_all(&table, 2);
    table.fence(&StoredKey::from(&key(1)), || ());
    followers[1].stop_waiting();
    drop(old);
    assert!(waits(&mut followers[0]), "somebody loads");
    assert!(!stores(permit_of(&mut followers[1])));
    assert_eq!(outcome_of(&mut followers[0]), 0);
}

#[test]
fn nobody_loads_beside_a_new_flight_for_one_that_was_fenced() {
    let table = table();
    let old = lead(&table);
    let mut followers = follow_all(&table, 3);
    table.fence(&StoredKey::from(&key(1)), || ());
    let new = lead(&table);
    drop(old);
    assert!(followers.iter_mut().all(looks_again), "another flight loads");
    let mut joined = follow_all(&table, 3);
    assert!(stores(new));
    assert!(joined.iter_mut().all(|follower| outcome_of(follower) == 0));
}

#[test]
fn a_permit_that_is_fenced_on_its_way_is_given_back() {
    let table = table();
    let old = lead(&table);
    let mut followers = follow_all(&table, 3);
    drop(old);
    table.fence(&StoredKey::from(&key(1)), || ());
    let new = lead(&table);
    assert!(looks_again(&mut followers[0]), "the permit was sent before");
    assert!(followers[1..].iter_mut().all(looks_again), "nobody waits for a flight without a load");
    assert!(stores(new));
}

#[test]
fn who_lost_patience_loads_though_the_flight_was_fenced() {
    let table = table();
    let old = lead(&table);
    let mut impatient = follow_all(&table, MAX_OWN_LOADS + 1);
    let mut patient = follow(&table);
    impatient.iter_mut().for_each(Follower::stop_waiting);
    table.fence(&StoredKey::from(&key(1)), || ());
    let _new = lead(&table);
    drop(old);
    let own_loads: Vec<_> = impatient.iter_mut().map(permit_of).collect();
    assert!(waits(&mut patient), "they load");
    drop(own_loads);
    assert!(looks_again(&mut patient));
}

#[test]
fn a_fence_spares_other_keys_and_fence_all_does_not() {
    let table = table();
    let leader = lead(&table);
    table.fence(&StoredKey::from(&key(2)), || ());
    assert!(stores(leader));
    let leaders = [1, 2, 3].map(|n| table.supersede(&key(n), || 0));
    table.fence_all();
    assert_eq!(table.len(), 0);
    assert!(!leaders.into_iter().any(stores));
}

#[test]
fn the_flight_that_began_last_counts() {
    let table = table();
    let old = lead(&table);
    let new = table.supersede(&key(1), || 0);
    let mut follower = follow(&table);
    assert!(!stores(old));
    assert!(waits(&mut follower), "it follows the new flight");
    assert!(stores(new));
    assert_eq!(outcome_of(&mut follower), 0);
}

#[test]
fn a_caller_inside_its_own_load_does_not_wait_for_it() {
    let table = table();
    let leader = lead(&table);
    let mut follower = follow(&table);
    let inside = Loading::nested(leader.progress());
    assert!(matches!(inside.scope(|| join(&table)), Join::Own));
    drop(leader);
    let successor = permit_of(&mut follower);
    let inside = Loading::nested(successor.progress());
    assert!(
        matches!(inside.scope(|| join(&table)), Join::Own),
        "a successor loads for the same flight"
    );
}

#[test]
fn a_flight_keeps_the_generation_in_which_it_began() {
    let table = table();
    let load = || table.begin_load();
    let join =
        |generation| table.join(&key(1), || generation, |_| Relation::Current, &enclosing(), load);
    let leader = join(3);
    let Join::Follow(mut follower) = join(4) else {
        panic!("nobody loads");
    };
    drop(leader);
    assert_eq!(permit_of(&mut follower).generation(), 3);
    assert_eq!(table.supersede(&key(1), || 5).generation(), 5);
}

#[test]
fn a_store_that_panics_passes_the_permit_on() {
    let table = table();
    let leader = lead(&table);
    let mut follower = follow(&table);
    let landing = AssertUnwindSafe(|| leader.land(7, || panic!("the tier failed")));
    assert!(catch_unwind(landing).is_err());
    assert!(stores(permit_of(&mut follower)));
    assert_eq!(table.len(), 0);
}

/// On a stack that ten thousand nested calls would overflow.
fn on_a_small_stack(run: fn()) {
    let builder = std::thread::Builder::new().stack_size(128 * 1024);
    builder.spawn(run).expect("a thread").join().expect("no panic");
}

#[test]
fn ten_thousand_who_leave_one_after_another_need_no_deep_stack() {
    on_a_small_stack(|| {
        let table = table();
        let leader = lead(&table);
        let mut followers = follow_all(&table, 10_000);
        followers.iter_mut().for_each(Follower::stop_waiting);
        drop(leader);
        followers.drain(..5_000).for_each(drop);
        while let Some(last) = followers.pop() {
            drop(last);
        }
        assert_eq!(table.len(), 0);
    });
}

#[test]
fn ten_thousand_who_fail_one_after_another_need_no_deep_stack() {
    on_a_small_stack(|| {
        let table = table();
        lead(&table).fail(None);
        let leader = lead(&table);
        let mut followers = follow_all(&table, 10_000);
        leader.fail(None);
        for follower in &mut followers {
            permit_of(follower).fail(None);
        }
        assert_eq!(table.len(), 0);
    });
}
