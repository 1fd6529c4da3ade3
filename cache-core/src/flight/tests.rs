use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{Boarding, Flights, Follower, MAX_SOLOS, Relation, Ticket, Turn};
use crate::key::{Key, KeyEncoder, StoredKey};

type Table = Arc<Flights<u32>>;

fn table() -> Table {
    Arc::new(Flights::new(4))
}

fn key(n: u32) -> Key {
    KeyEncoder::new().arg(&n).finish()
}

fn board(table: &Table) -> Boarding<u32> {
    table.board(&key(1), || 0, |_, _| Relation::Current)
}

fn lead(table: &Table) -> Ticket<u32> {
    match board(table) {
        Boarding::Lead(ticket) => ticket,
        _ => panic!("somebody loads already"),
    }
}

fn follow(table: &Table) -> Follower<u32> {
    match board(table) {
        Boarding::Follow(follower) => follower,
        _ => panic!("nobody loads"),
    }
}

fn follow_all(table: &Table, count: usize) -> Vec<Follower<u32>> {
    (0..count).map(|_| follow(table)).collect()
}

/// What the follower was told, if anything.
fn told(follower: &mut Follower<u32>) -> Option<Turn<u32>> {
    match pin!(follower.turn()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(turn) => Some(turn.expect("no follower is left without a word")),
        Poll::Pending => None,
    }
}

fn waits(follower: &mut Follower<u32>) -> bool {
    told(follower).is_none()
}

fn ticket_of(follower: &mut Follower<u32>) -> Ticket<u32> {
    match told(follower) {
        Some(Turn::Load(ticket)) => ticket,
        Some(Turn::Landed(_)) => panic!("it was given an outcome, not the right to load"),
        None => panic!("it waits"),
    }
}

fn outcome_of(follower: &mut Follower<u32>) -> u32 {
    match told(follower) {
        Some(Turn::Landed(outcome)) => outcome,
        Some(Turn::Load(_)) => panic!("it was given the right to load, not an outcome"),
        None => panic!("it waits"),
    }
}

/// Whether `ticket`, landing now, may store.
fn stores(ticket: Ticket<u32>) -> bool {
    let mut stored = false;
    ticket.land(0, || stored = true);
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
    let others: Vec<_> = (2..100).map(|n| table.board(&key(n), || 0, |_, _| Relation::Current)).collect();
    assert!(others.iter().all(|boarding| matches!(boarding, Boarding::Lead(_))));
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
fn a_dropped_ticket_passes_on_in_order_of_arrival_and_the_last_ends_the_flight() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 3);
    drop(leader);
    for next in 0..3 {
        let heir = ticket_of(&mut followers[next]);
        assert!(followers[next + 1..].iter_mut().all(waits), "only one loads");
        assert_eq!(table.len(), 1);
        drop(heir);
    }
    assert_eq!(table.len(), 0);
}

#[test]
fn a_ticket_that_nobody_looked_at_passes_on_with_its_receiver() {
    let table = table();
    let leader = lead(&table);
    let (gone, mut next) = (follow(&table), follow(&table));
    drop(leader);
    drop(gone);
    assert!(stores(ticket_of(&mut next)));
}

#[test]
fn a_follower_who_leaves_inherits_nothing() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, 3);
    drop(followers.remove(0));
    let mut last = followers.remove(1);
    drop(leader);
    let heir = ticket_of(&mut followers[0]);
    followers.clear();
    drop(heir);
    drop(ticket_of(&mut last));
    assert_eq!(table.len(), 0);
}

#[test]
fn when_all_followers_have_left_a_dropped_ticket_ends_the_flight() {
    let table = table();
    let leader = lead(&table);
    let followers = follow_all(&table, 3);
    followers[1].lose_patience();
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
    followers[2].lose_patience();
    let solo = ticket_of(&mut followers.remove(2));
    leader.fail(Some(5));
    assert!(followers.iter_mut().all(|follower| outcome_of(follower) == 5));
    assert_eq!(table.len(), 1, "one still loads for itself");
    solo.fail(Some(5));
    assert_eq!(table.len(), 0);
}

#[test]
fn after_a_failure_that_cannot_be_shared_all_load_for_themselves_within_the_bound() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, MAX_SOLOS + 2);
    leader.fail(None);
    let mut solos: Vec<_> = followers.drain(..MAX_SOLOS).map(|mut first| ticket_of(&mut first)).collect();
    assert!(followers.iter_mut().all(waits), "there is room for {MAX_SOLOS}");
    solos.remove(0).fail(None);
    solos.push(ticket_of(&mut followers.remove(0)));
    assert!(waits(&mut followers[0]));
    drop(solos.remove(0));
    solos.push(ticket_of(&mut followers.remove(0)));
    assert_eq!(solos.len(), MAX_SOLOS);
    for solo in solos {
        assert_eq!(table.len(), 1);
        solo.fail(None);
    }
    assert_eq!(table.len(), 0);
}

#[test]
fn one_who_lands_for_itself_serves_all_who_wait() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, MAX_SOLOS + 1);
    leader.fail(None);
    let mut newcomer = follow(&table);
    assert!(stores(ticket_of(&mut followers[0])));
    assert_eq!(outcome_of(&mut followers[MAX_SOLOS]), 0);
    assert_eq!(outcome_of(&mut newcomer), 0);
    assert!(!stores(ticket_of(&mut followers[1])), "the flight is over");
}

#[test]
fn a_follower_waits_for_one_failure_only() {
    let table = table();
    let leader = lead(&table);
    let mut early = follow(&table);
    leader.fail(None);
    let early = ticket_of(&mut early);
    let mut late = follow(&table);
    assert!(waits(&mut late), "it has seen no failure yet");
    early.fail(None);
    ticket_of(&mut late).fail(None);
    assert_eq!(table.len(), 0);
}

#[test]
fn who_loses_patience_loads_beside_the_leader_while_there_is_room() {
    let table = table();
    let leader = lead(&table);
    let mut followers = follow_all(&table, MAX_SOLOS + 2);
    followers.iter().for_each(Follower::lose_patience);
    let mut solos: Vec<_> = followers.drain(..MAX_SOLOS).map(|mut first| ticket_of(&mut first)).collect();
    assert!(followers.iter_mut().all(waits));
    drop(solos.pop());
    solos.push(ticket_of(&mut followers[0]));
    assert!(stores(leader), "whoever lands first stores");
    assert_eq!(outcome_of(&mut followers[1]), 0);
    assert!(!solos.into_iter().any(stores));
}

#[test]
fn a_stuck_leader_stores_nothing_after_one_who_overtook_it() {
    let table = table();
    let leader = lead(&table);
    let mut follower = follow(&table);
    follower.lose_patience();
    assert!(stores(ticket_of(&mut follower)));
    assert_eq!(table.len(), 0);
    assert!(!stores(leader));
}

#[test]
fn who_lost_patience_inherits_before_who_waits() {
    let table = table();
    let leader = lead(&table);
    let mut patient = follow(&table);
    let mut impatient = follow_all(&table, MAX_SOLOS + 1);
    impatient.iter().for_each(Follower::lose_patience);
    drop(leader);
    let _heir = ticket_of(&mut impatient[MAX_SOLOS]);
    assert!(waits(&mut patient));
}

#[test]
fn a_solo_is_succeeded_by_a_patient_follower_only_when_nobody_else_loads() {
    let table = table();
    let leader = lead(&table);
    let mut impatient = follow_all(&table, 2);
    let mut patient = follow(&table);
    impatient.iter().for_each(Follower::lose_patience);
    drop(ticket_of(&mut impatient[0]));
    assert!(waits(&mut patient), "the leader loads, and the other");
    let solo = ticket_of(&mut impatient[1]);
    leader.fail(Some(5));
    assert_eq!(outcome_of(&mut patient), 5);
    let mut patient = follow(&table);
    drop(solo);
    assert!(stores(ticket_of(&mut patient)));
}

#[test]
fn losing_patience_after_the_outcome_changes_nothing() {
    let table = table();
    let leader = lead(&table);
    let mut follower = follow(&table);
    leader.land(7, || ());
    follower.lose_patience();
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
fn an_heir_or_a_solo_of_a_fenced_flight_stores_nothing() {
    let table = table();
    let old = lead(&table);
    let mut followers = follow_all(&table, 2);
    table.fence(&StoredKey::from(&key(1)), || ());
    followers[1].lose_patience();
    drop(old);
    assert!(!stores(ticket_of(&mut followers[0])));
    assert!(!stores(ticket_of(&mut followers[1])));
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
    let id = leader.flight_id();
    let boarding =
        table.board(&key(1), || 0, |flight, _| if flight == id { Relation::Own } else { Relation::Current });
    assert!(matches!(boarding, Boarding::Own));
    drop(leader);
    assert!(ticket_of(&mut follower).flight_id() == id, "an heir loads for the same flight");
}

#[test]
fn a_flight_keeps_the_generation_in_which_it_began() {
    let table = table();
    let leader = table.board(&key(1), || 3, |_, _| Relation::Current);
    let Boarding::Follow(mut follower) = table.board(&key(1), || 4, |_, _| Relation::Current) else {
        panic!("nobody loads");
    };
    drop(leader);
    assert_eq!(ticket_of(&mut follower).generation(), 3);
    assert_eq!(table.supersede(&key(1), || 5).generation(), 5);
}

#[test]
fn a_store_that_panics_passes_the_ticket_on() {
    let table = table();
    let leader = lead(&table);
    let mut follower = follow(&table);
    let landing = AssertUnwindSafe(|| leader.land(7, || panic!("the tier failed")));
    assert!(catch_unwind(landing).is_err());
    assert!(stores(ticket_of(&mut follower)));
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
        followers.iter().for_each(Follower::lose_patience);
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
            ticket_of(follower).fail(None);
        }
        assert_eq!(table.len(), 0);
    });
}
