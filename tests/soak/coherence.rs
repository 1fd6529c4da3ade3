//! Random calls on ten nodes, half of them behind a bad network: a value that was invalidated,
//! cleared or overwritten does not come back. Every call is recorded, and a checker reads the
//! history afterwards.

mod checker;
mod checker_tests;
mod faults;
mod history;
mod nodes;
mod traffic;

use std::{collections::HashSet, thread};

use cachery::Backend;

use checker::{Summary, check};
use history::{Event, What};
use traffic::traffic;

/// The operations for each seed, unless `make soak` sets more.
const OPERATIONS: u64 = 10_000;
const SEEDS: u64 = 3;
const PLANTED: usize = 100;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |number| number.parse().expect("a number"))
}

/// Checks all seeds side by side, because each waits most of the time.
fn check_seeds(backend: Backend) {
    let operations = number("CACHERY_COHERENCE_OPERATIONS", OPERATIONS);
    thread::scope(|threads| {
        for seed in 1..=number("CACHERY_COHERENCE_SEEDS", SEEDS) {
            threads.spawn(move || check_seed(backend, seed, operations));
        }
    });
}

fn check_seed(backend: Backend, seed: u64, operations: u64) {
    let history = traffic(backend, seed, operations);
    let (violations, summary) = (check(&history), Summary::of(&history));
    println!("{backend:?}, seed {seed}: {summary:?}, {} violations", violations.len());
    if let Some(first) = violations.first() {
        panic!("{backend:?}, seed {seed}: {} violations, the first is\n{first}", violations.len());
    }
    summary.assert_enough();
    assert_planted_faults_are_found(history);
}

/// Adds to a right history a hundred invalidations, each just before a hit in Redis that it
/// forbids.
fn assert_planted_faults_are_found(mut history: Vec<Event>) {
    let puts: HashSet<_> = history.iter().filter_map(Event::put).collect();
    // The number of a load's value is its age.
    let plant = |hit: &Event| {
        let at = hit.start - 1;
        hit.value().filter(|value| *value < at && !puts.contains(value))?;
        let node = (hit.node + 1) % nodes::NODES;
        Some(Event {
            node,
            start: at,
            end: at,
            what: What::Invalidate { everywhere: true },
            ..*hit
        })
    };
    let hits = history.iter().filter(|event| event.is_strict_hit()).rev();
    let planted: Vec<_> = hits.filter_map(plant).take(PLANTED).collect();
    assert_eq!(planted.len(), PLANTED, "there were too few hits in Redis");
    history.extend(planted);
    assert!(check(&history).len() >= PLANTED, "a planted fault was missed");
}

#[test]
fn no_node_reads_from_redis_what_was_invalidated_before() {
    check_seeds(Backend::Redis);
}

#[test]
fn no_node_with_memory_in_front_does_either() {
    check_seeds(Backend::Tiered);
}
