//! Random calls on ten nodes, half of them behind a bad network: a value that was invalidated, by its
//! key, a tag or a clear, or overwritten does not come back, whatever loads run: in a call, in a
//! task, or after their caller. Every call is recorded, and a checker reads the
//! history afterwards.
//!
//! In a storm there are bursts, large values and slow loads as well, the server freezes and dies,
//! and nodes are restarted.

mod checker;
mod checker_tests;
mod faults;
mod history;
mod nodes;
mod traffic;

use std::{collections::HashSet, thread};

use cachery::Backend;

use checker::{Summary, Violation, check};
use history::{Event, Function, Scope, What};
use traffic::{Mix, traffic};

/// The operations for each seed, unless `make soak` sets more.
const OPERATIONS: u64 = 10_000;
const SEEDS: u64 = 3;
/// The operations of a storm with one backend, unless `make soak` sets more.
const STORM: u64 = 3_000;
const PLANTED: usize = 100;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |number| number.parse().expect("a number"))
}

/// Checks all seeds side by side, because each waits most of the time.
fn check_seeds(backend: Backend) {
    let operations = number("CACHERY_COHERENCE_OPERATIONS", OPERATIONS);
    thread::scope(|threads| {
        for seed in 1..=number("CACHERY_COHERENCE_SEEDS", SEEDS) {
            threads.spawn(move || check_seed(Mix::Usual, backend, seed, operations));
        }
    });
}

fn check_seed(mix: Mix, backend: Backend, seed: u64, operations: u64) {
    let history = traffic(mix, backend, seed, operations);
    let (violations, summary) = (check(&history), Summary::of(&history));
    println!("{mix:?}, {backend:?}, seed {seed}: {summary:?}, {} violations", violations.len());
    if let Some(first) = violations.first() {
        panic!("{backend:?}, seed {seed}: {} violations, the first is\n{first}", violations.len());
    }
    summary.assert_enough(if mix == Mix::Storm { 200 } else { 50 });
    assert_planted_faults_are_found(history);
}

/// Adds to a right history a hundred invalidations, of a key, by a tag and of a whole cache, each just
/// before a hit in Redis that it forbids.
fn assert_planted_faults_are_found(mut history: Vec<Event>) {
    let puts: HashSet<_> = history.iter().filter_map(Event::put).collect();
    // The number of a load's value is its age.
    let is_forbidden = |hit: &Event| {
        hit.value().is_some_and(|value| value < hit.start - 1 && !puts.contains(&value))
    };
    let hits = history.iter().filter(|event| event.is_strict_hit() && is_forbidden(event)).rev();
    let hits: Vec<_> = hits.take(PLANTED).copied().collect();
    assert_eq!(hits.len(), PLANTED, "there were too few hits in Redis");
    history.extend(hits.iter().enumerate().map(|(number, hit)| planted(number, hit)));
    let found: HashSet<_> = check(&history).iter().map(Violation::read_at).collect();
    assert!(hits.iter().all(|hit| found.contains(&hit.start)), "a planted fault was missed");
}

/// Returns an invalidation by another node, just before a hit.
fn planted(number: usize, hit: &Event) -> Event {
    let key = hit.scope.key().expect("a hit has a key");
    let scopes = [Scope::Key(key), Scope::of_group(key), Scope::All(Function::of(key))];
    let at = hit.start - 1;
    Event {
        node: (hit.node + 1) % nodes::NODES,
        scope: scopes[number % scopes.len()],
        start: at,
        end: at,
        what: What::Invalidate { everywhere: true },
        ..*hit
    }
}

#[test]
fn no_node_reads_from_redis_what_was_invalidated_before() {
    check_seeds(Backend::Redis);
}

#[test]
fn no_node_with_memory_in_front_does_either() {
    check_seeds(Backend::Tiered);
}

/// A seed from the time, unless `CACHERY_STORM_SEED` sets one. Threads and the network decide as
/// much as the seed does.
fn storm(backend: Backend) {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let seed = number("CACHERY_STORM_SEED", now);
    println!("storm, {backend:?}, seed {seed}");
    check_seed(Mix::Storm, backend, seed, number("CACHERY_STORM_OPERATIONS", STORM));
}

#[test]
fn no_node_reads_from_redis_in_a_storm_what_was_invalidated_before() {
    storm(Backend::Redis);
}

#[test]
fn no_node_with_memory_in_front_does_so_in_a_storm_either() {
    storm(Backend::Tiered);
}
