//! Ten nodes, random calls, bad links: what was invalidated, cleared or overwritten does not come back. Every call is recorded, and a
//! checker reads the history afterwards.

mod checker;
mod checker_tests;
mod faults;
mod fleet;
mod history;
mod storm;

use std::{collections::HashSet, thread};

use cachery::Backend;

use checker::{Summary, check};
use history::{Event, What};
use storm::storm;

/// For each seed in the gate; `make soak` asks for more.
const OPERATIONS: u64 = 10_000;
const SEEDS: u64 = 3;
const PLANTED: usize = 100;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |number| number.parse().expect("a number"))
}

/// The seeds side by side: most of the time each waits.
fn check_seeds(backend: Backend) {
    let operations = number("CACHERY_COHERENCE_OPERATIONS", OPERATIONS);
    thread::scope(|threads| {
        for seed in 1..=number("CACHERY_COHERENCE_SEEDS", SEEDS) {
            threads.spawn(move || check_seed(backend, seed, operations));
        }
    });
}

fn check_seed(backend: Backend, seed: u64, operations: u64) {
    let history = storm(backend, seed, operations);
    let (violations, summary) = (check(&history), Summary::of(&history));
    println!("{backend:?}, seed {seed}: {summary:?}, {} violations", violations.len());
    if let Some(first) = violations.first() {
        panic!("{backend:?}, seed {seed}: {} violations, the first is\n{first}", violations.len());
    }
    summary.assert_telling();
    assert_planted_faults_are_found(history);
}

/// Takes a hundred answers from Redis out of a true history, and hides before each that its value was invalidated.
fn assert_planted_faults_are_found(mut history: Vec<Event>) {
    let puts: HashSet<_> = history.iter().filter_map(Event::put).collect();
    // Only a load's value is as old as its number says.
    let plant = |answer: &Event| {
        let at = answer.start - 1;
        answer.value().filter(|value| *value < at && !puts.contains(value))?;
        let node = (answer.node + 1) % fleet::NODES;
        Some(Event { node, start: at, end: at, what: What::Invalidate { everywhere: true }, ..*answer })
    };
    let answers = history.iter().filter(|event| event.is_strict_hit()).rev();
    let planted: Vec<_> = answers.filter_map(plant).take(PLANTED).collect();
    assert_eq!(planted.len(), PLANTED, "too few answers came from Redis");
    history.extend(planted);
    assert!(check(&history).len() >= PLANTED, "a planted fault was missed");
}

#[test]
fn no_node_reads_from_redis_what_was_invalidated_before() {
    check_seeds(Backend::Redis);
}

#[test]
fn nor_does_it_where_memory_stands_in_front() {
    check_seeds(Backend::Tiered);
}
