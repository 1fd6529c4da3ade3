//! One load of a cold key for all processes, and another one only when that comes to nothing. The test starts itself again, eight times
//! at once; each process has a hundred callers.

mod child;
mod crew;

use std::time::{Duration, Instant};

use crew::{CALLERS, Crew, PROCESSES};

/// What a lease outlives its holder by.
const LEASE: Duration = Duration::from_secs(3);
/// What a busy machine adds.
const SLACK: Duration = Duration::from_secs(2);

#[test]
fn eight_processes_with_a_hundred_callers_each_share_one_load() {
    let mut crew = Crew::of_callers();
    let leader = crew.next_load();
    crew.let_out(leader);
    let value = crew.answers(0..PROCESSES);
    assert_eq!(value, [format!("{CALLERS} got {leader}.1")].into());
    assert_eq!(crew.loads(), 1);
}

#[test]
fn a_holder_that_is_killed_costs_one_more_load_and_the_others_no_more_than_its_lease() {
    let mut crew = Crew::of_callers();
    let killed = crew.next_load();
    crew.kill(killed);
    let began = Instant::now();
    let heir = crew.next_load();
    assert!(began.elapsed() < LEASE + SLACK, "{:?}", began.elapsed());
    assert_ne!(heir, killed);
    crew.let_out(heir);
    let value = crew.answers((0..PROCESSES).filter(|process| *process != killed));
    assert_eq!(value, [format!("{CALLERS} got {heir}.1")].into());
    assert_eq!(crew.loads(), 2);
}

#[test]
fn a_load_that_fails_fails_its_process_and_another_one_loads() {
    let mut crew = Crew::of_callers();
    let failing = crew.next_load();
    crew.fail(failing);
    assert_eq!(crew.answers([failing]), [format!("{CALLERS} failed")].into());
    let heir = crew.next_load();
    assert_ne!(heir, failing);
    crew.let_out(heir);
    let value = crew.answers((0..PROCESSES).filter(|process| *process != failing));
    assert_eq!(value, [format!("{CALLERS} got {heir}.1")].into());
    assert_eq!(crew.loads(), 2);
}

#[test]
fn a_leader_who_goes_away_hands_over_to_one_other_caller() {
    let mut crew = Crew::of_callers();
    let process = crew.next_load();
    crew.cancel_leader(process);
    // Of its own process, if no other one hears first that the lease is free.
    let heir = crew.next_load();
    let value = format!("{heir}.{}", if heir == process { 2 } else { 1 });
    crew.let_out(heir);
    let others = crew.answers((0..PROCESSES).filter(|other| *other != process));
    assert_eq!(others, [format!("{CALLERS} got {value}")].into());
    assert_eq!(crew.answers([process]), [format!("{} got {value}", CALLERS - 1)].into());
    assert_eq!(crew.loads(), 2);
}

#[test]
fn where_all_callers_of_a_process_go_away_another_process_loads() {
    let mut crew = Crew::of_callers();
    let gone = crew.next_load();
    crew.cancel_all(gone);
    let heir = crew.next_load();
    assert_ne!(heir, gone);
    crew.let_out(heir);
    let value = crew.answers((0..PROCESSES).filter(|process| *process != gone));
    assert_eq!(value, [format!("{CALLERS} got {heir}.1")].into());
    assert_eq!(crew.loads(), 2);
}

#[test]
#[ignore = "it is a child of the tests here"]
fn calls_as_it_is_told() {
    child::run();
}
