//! Entries that were asked for often give way to a new set of keys.

use std::{iter, ops::Range};

use cachery_core::{Engine, Eviction};

use crate::support::Memory;

/// The engines that let a new set of keys in. moka's `TinyLFU` does not: it remembers for long what
/// was asked for often.
const FAIR: [(Engine, Eviction); 2] =
    [(Engine::S3Fifo, Eviction::TinyLfu), (Engine::Moka, Eviction::Lru)];

/// The first of the new keys.
const NEW: u64 = 1 << 40;

const CAPACITIES: [u64; 4] = [20, 100, 1000, 10_000];

/// Fills `memory` with keys that are asked for again and again.
fn heat(memory: &Memory, capacity: u64) {
    ask_in_turn(memory, 0..capacity, 20);
}

/// Asks for a key, and stores it when it is not there. Returns whether it was.
fn ask(memory: &Memory, n: u64) -> bool {
    let found = memory.number(n).is_some();
    if !found {
        memory.put(n, n);
    }
    found
}

/// Asks for `keys` in turn, `rounds` times. Returns the misses of each round.
fn ask_in_turn(memory: &Memory, keys: Range<u64>, rounds: usize) -> Vec<u64> {
    let round = || keys.clone().filter(|n| !ask(memory, *n)).count() as u64;
    iter::repeat_with(round).take(rounds).collect()
}

/// Asks for a new set of `keys`. Returns the misses of each of ten rounds.
fn misses(memory: &Memory, keys: u64) -> Vec<u64> {
    ask_in_turn(memory, NEW..NEW + keys, 10)
}

#[test]
fn a_new_set_of_four_fifths_of_the_capacity_is_loaded_twice_at_most() {
    for (engine, capacity) in FAIR.into_iter().flat_map(|e| CAPACITIES.map(|c| (e, c))) {
        let memory = Memory::open(engine, capacity);
        heat(&memory, capacity);
        let keys = capacity * 4 / 5;
        let misses = misses(&memory, keys);
        assert!(
            misses[2..].iter().all(|of| *of * 10 < keys),
            "{engine:?} of {capacity}: {misses:?}"
        );
    }
}

#[test]
fn a_new_set_as_large_as_the_capacity_holds_half_of_it_within_ten_rounds() {
    for (engine, capacity) in FAIR.into_iter().flat_map(|e| CAPACITIES.map(|c| (e, c))) {
        let memory = Memory::open(engine, capacity);
        heat(&memory, capacity);
        let misses = misses(&memory, capacity);
        assert!(misses[9] * 2 <= capacity, "{engine:?} of {capacity}: {misses:?}");
    }
}

#[test]
fn a_long_row_of_keys_that_come_once_drives_nothing_hot_out() {
    for engine in [(Engine::S3Fifo, Eviction::TinyLfu), (Engine::Moka, Eviction::TinyLfu)] {
        let memory = Memory::open(engine, 1000);
        let hot = 0..500;
        ask_in_turn(&memory, hot.clone(), 5);
        for n in 0..100_000 {
            ask(&memory, NEW + n);
            ask(&memory, n % hot.end);
        }
        let held = hot.filter(|n| memory.number(*n).is_some()).count();
        assert!(held > 475, "{held} of 500 in {engine:?}");
    }
}
