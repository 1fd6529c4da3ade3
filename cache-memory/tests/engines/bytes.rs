//! The bound of bytes, as every engine keeps it.

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

use cachery_core::{Bounds, Engine, Eviction};

use crate::support::{ENGINES, Memory};

const MAX_BYTES: u64 = 100_000;

/// The bytes of the entry for the key `n`, from 300 to 4,299.
fn bytes(n: u64) -> u64 {
    300 + n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 4_000
}

fn open(engine: (Engine, Eviction)) -> Memory {
    Memory::bounded(engine, Bounds::new(1_000_000).max_bytes(Some(MAX_BYTES)))
}

/// Returns the sum of the bytes that are found for these keys.
fn found(memory: &Memory, keys: u64) -> u64 {
    (0..keys).filter_map(|n| memory.bytes_of(n)).sum()
}

#[test]
fn there_are_never_more_bytes_than_the_bound_and_nothing_leaves_before_it_is_full() {
    for engine in ENGINES {
        let memory = open(engine);
        let mut stored = 0;
        for n in 0..2_000 {
            memory.put_large(n, bytes(n));
            stored += bytes(n);
            assert!(memory.bytes() <= MAX_BYTES, "{engine:?}");
            if stored <= MAX_BYTES {
                assert_eq!(memory.bytes(), stored, "{engine:?}");
            }
            assert!(memory.bytes() >= stored.min(MAX_BYTES - 2 * 4_300), "{engine:?}");
        }
        assert_eq!(memory.bytes(), found(&memory, 2_000), "{engine:?}");
        let left = memory.left.bytes.load(SeqCst);
        assert_eq!((left + memory.tier.entries(), memory.evicted()), (2_000, 0), "{engine:?}");
    }
}

#[test]
fn both_bounds_hold() {
    for engine in ENGINES {
        let bounds = Bounds::new(50).max_bytes(Some(MAX_BYTES));
        let memory = Memory::bounded(engine, bounds);
        for n in 0..500 {
            memory.put_large(n, if n < 300 { 300 } else { bytes(n) });
            let entries = memory.tier.entries();
            assert!(entries <= 50 && memory.bytes() <= MAX_BYTES, "{entries} in {engine:?}");
        }
        assert_eq!(memory.bytes(), found(&memory, 500), "{engine:?}");
    }
}

#[test]
fn a_value_in_place_of_another_changes_the_bytes_and_keeps_the_bound() {
    for engine in ENGINES {
        let memory = open(engine);
        for n in 0..20 {
            memory.put_large(n, 1_000);
        }
        for (n, bytes, sum) in [(3, 5_000, 24_000), (3, 400, 19_400), (4, 80_000, 98_400)] {
            memory.put_large(n, bytes);
            assert_eq!(memory.bytes(), sum, "{engine:?}");
        }
        memory.put_large(5, 99_000);
        assert_eq!(memory.bytes_of(5), Some(99_000), "others leave for it in {engine:?}");
        let bytes = memory.bytes();
        assert!(bytes <= MAX_BYTES, "{bytes} in {engine:?}");
        assert_eq!(bytes, found(&memory, 20), "{engine:?}");
    }
}

#[test]
fn an_entry_as_large_as_the_bound_is_stored_alone() {
    for engine in [(Engine::S3Fifo, Eviction::TinyLfu), (Engine::Moka, Eviction::Lru)] {
        let memory = open(engine);
        (0..10).for_each(|n| memory.put_large(n, 1_000));
        memory.put_large(10, MAX_BYTES);
        assert_eq!((memory.tier.entries(), memory.bytes()), (1, MAX_BYTES), "{engine:?}");
    }
}

#[test]
fn what_leaves_takes_its_bytes_along() {
    for engine in ENGINES {
        let memory = open(engine);
        let fill = || (0..50).for_each(|n| memory.put_large(n, 1_000));
        fill();
        (0..10).for_each(|n| memory.remove(n));
        assert_eq!(memory.bytes(), 40_000, "{engine:?}");
        memory.tier.tidy(&|entry| entry.value().is_some_and(|n: &u64| *n < 20));
        assert_eq!(memory.bytes(), 30_000, "{engine:?}");
        memory.tier.clear();
        assert_eq!(memory.bytes(), 0, "{engine:?}");
        fill();
        assert_eq!(memory.bytes(), 50_000, "{engine:?}");
        memory.tier.resize(Bounds::new(1_000).max_bytes(Some(10_500)));
        assert_eq!((memory.bytes(), memory.tier.entries()), (10_000, 10), "{engine:?}");
        memory.tier.resize(Bounds::new(1_000));
        fill();
        assert_eq!(memory.bytes(), 50_000, "{engine:?}");
        let left = memory.tier.evict(7_001).into_iter().map(|entry| entry.bytes()).sum::<u64>();
        assert_eq!((left, memory.bytes()), (8_000, 42_000), "{engine:?}");
        assert_eq!(memory.tier.evict(u64::MAX).into_iter().count(), 42, "{engine:?}");
        assert_eq!((memory.bytes(), memory.tier.entries()), (0, 0), "{engine:?}");
        let [bytes, expired] = [&memory.left.bytes, &memory.left.expired].map(|n| n.load(SeqCst));
        assert_eq!((bytes, expired), (40 + 8 + 42, 10), "{engine:?}");
    }
}

#[test]
fn many_threads_that_store_at_once_keep_the_bound_and_the_count() {
    for engine in ENGINES {
        let memory = &open(engine);
        let done = &AtomicBool::new(false);
        thread::scope(|scope| {
            let writers: Vec<_> = (0..4_u64)
                .map(|thread| {
                    scope.spawn(move || {
                        for round in 0..4_000 {
                            let n = (round * 7 + thread * 31) % 500;
                            match round % 8 {
                                0 => memory.remove(n),
                                1 => memory.tier.tidy(&|entry| entry.bytes() % 97 == 0),
                                2 if round % 512 == 2 => drop(memory.tier.evict(20_000)),
                                _ => memory.put_large(n, bytes(n ^ round)),
                            }
                        }
                    })
                })
                .collect();
            scope.spawn(move || {
                while !done.load(SeqCst) {
                    let bytes = memory.bytes();
                    assert!(bytes <= MAX_BYTES, "{bytes} bytes in {engine:?}");
                }
            });
            for writer in writers {
                writer.join().expect("it stored");
            }
            done.store(true, SeqCst);
        });
        assert_eq!(memory.bytes(), found(memory, 500), "{engine:?}");
    }
}

#[test]
fn a_full_cache_of_large_values_lets_a_new_set_of_keys_in() {
    let fair = [(Engine::S3Fifo, Eviction::TinyLfu), (Engine::Moka, Eviction::Lru)];
    for engine in fair {
        let memory = open(engine);
        let ask = |n: u64| {
            let found = memory.bytes_of(n).is_some();
            if !found {
                memory.put_large(n, 1_000);
            }
            found
        };
        (0..20).for_each(|_| (0..100).for_each(|n| _ = ask(n)));
        let round = |_| (1_000..1_080).filter(|n| !ask(*n)).count();
        let misses: Vec<_> = (0..10).map(round).collect();
        assert!(misses[2..].iter().all(|of| *of < 8), "{engine:?}: {misses:?}");
    }
}
