//! A cold key costs one load for all processes, and another one only where that fails. The test
//! starts itself again, eight times at once, and each process has a hundred callers.

mod child;
mod children;

use std::time::{Duration, Instant};

use children::{CALLERS, Children, PROCESSES};

/// The time by which a lease outlives its holder.
const LEASE: Duration = Duration::from_secs(3);
/// The time that a busy machine adds: less than any other limit of a wait.
const SLACK: Duration = Duration::from_secs(30);

#[test]
fn eight_processes_with_a_hundred_callers_each_share_one_load() {
    let mut children = Children::with_callers();
    let leader = children.next_load();
    children.let_out(leader);
    let value = children.outcomes(0..PROCESSES);
    assert_eq!(value, [format!("{CALLERS} got {leader}.1")].into());
    assert_eq!(children.loads(), 1);
}

#[test]
fn a_holder_that_is_killed_costs_one_more_load_and_the_others_no_more_than_its_lease() {
    let mut children = Children::with_callers();
    let killed = children.next_load();
    children.kill(killed);
    let began = Instant::now();
    let next = children.next_load();
    assert!(began.elapsed() < LEASE + SLACK, "{:?}", began.elapsed());
    assert_ne!(next, killed);
    children.let_out(next);
    let value = children.outcomes((0..PROCESSES).filter(|process| *process != killed));
    assert_eq!(value, [format!("{CALLERS} got {next}.1")].into());
    assert_eq!(children.loads(), 2);
}

#[test]
fn a_load_that_fails_fails_its_process_and_another_one_loads() {
    let mut children = Children::with_callers();
    let failing = children.next_load();
    children.fail(failing);
    assert_eq!(children.outcomes([failing]), [format!("{CALLERS} failed")].into());
    let next = children.next_load();
    assert_ne!(next, failing);
    children.let_out(next);
    let value = children.outcomes((0..PROCESSES).filter(|process| *process != failing));
    assert_eq!(value, [format!("{CALLERS} got {next}.1")].into());
    assert_eq!(children.loads(), 2);
}

#[test]
fn a_cancelled_leader_hands_over_to_one_other_caller() {
    let mut children = Children::with_callers();
    let process = children.next_load();
    children.cancel_leader(process);
    // A caller of its own process, unless another process learns first that the lease is free.
    let next = children.next_load();
    let value = format!("{next}.{}", if next == process { 2 } else { 1 });
    children.let_out(next);
    let others = children.outcomes((0..PROCESSES).filter(|other| *other != process));
    assert_eq!(others, [format!("{CALLERS} got {value}")].into());
    assert_eq!(children.outcomes([process]), [format!("{} got {value}", CALLERS - 1)].into());
    assert_eq!(children.loads(), 2);
}

#[test]
fn where_all_callers_of_a_process_are_cancelled_another_process_loads() {
    let mut children = Children::with_callers();
    let gone = children.next_load();
    children.cancel_all(gone);
    let next = children.next_load();
    assert_ne!(next, gone);
    children.let_out(next);
    let value = children.outcomes((0..PROCESSES).filter(|process| *process != gone));
    assert_eq!(value, [format!("{CALLERS} got {next}.1")].into());
    assert_eq!(children.loads(), 2);
}

#[test]
#[ignore = "it is a child of the tests here"]
fn calls_as_it_is_told() {
    child::run();
}
