//! The contract that every engine meets.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    thread,
};

use cachery_core::{Bounds, Engine, Eviction, key::StoredKey};

use crate::support::{ENGINES, Memory, entry, key};

/// Capacities, the smallest and some that no power of two divides.
const CAPACITIES: [u64; 6] = [1, 2, 5, 16, 125, 1000];

#[test]
fn a_stored_entry_is_found_and_a_removed_one_is_not() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 10);
        assert_eq!(memory.number(1), None);
        memory.put(1, 11_u64);
        memory.put(2, 22_u64);
        assert_eq!((memory.number(1), memory.number(2)), (Some(11), Some(22)));
        memory.remove(1);
        memory.remove(3);
        assert_eq!((memory.number(1), memory.number(2)), (None, Some(22)), "{engine:?}");
        assert_eq!((memory.tier.entries(), memory.evicted()), (1, 0), "{engine:?}");
    }
}

#[test]
fn an_entry_takes_the_place_of_the_one_of_its_key() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 10);
        for version in 0..100_u64 {
            memory.put(1, version);
            assert_eq!(memory.number(1), Some(version), "{engine:?}");
        }
        assert_eq!((memory.tier.entries(), memory.left.replaced.load(SeqCst)), (1, 99));
    }
}

#[test]
fn there_are_never_more_entries_than_the_capacity_and_none_leaves_before_it_is_full() {
    for (engine, capacity) in ENGINES.into_iter().flat_map(|e| CAPACITIES.map(|c| (e, c))) {
        let memory = Memory::open(engine, capacity);
        for n in 0..3 * capacity {
            memory.put(n, n);
            let expected = capacity.min(n + 1);
            assert_eq!(memory.tier.entries(), expected, "{engine:?} of {capacity}");
            assert_eq!(memory.evicted(), n + 1 - expected, "{engine:?} of {capacity}");
        }
        let found = (0..3 * capacity).filter(|n| memory.number(*n).is_some()).count();
        assert_eq!(found as u64, capacity, "{engine:?} of {capacity}");
    }
}

#[test]
fn many_threads_that_store_at_once_keep_the_capacity() {
    for engine in ENGINES {
        let memory = &Memory::open(engine, 125);
        let done = &AtomicBool::new(false);
        thread::scope(|scope| {
            let writers: Vec<_> = (0..4_u64)
                .map(|thread| {
                    scope.spawn(move || (0..5_000).for_each(|n| memory.put(4 * n + thread, n)))
                })
                .collect();
            scope.spawn(move || {
                while !done.load(SeqCst) {
                    let entries = memory.tier.entries();
                    assert!(entries <= 125, "{entries} entries in {engine:?}");
                }
            });
            for writer in writers {
                writer.join().expect("it stored");
            }
            done.store(true, SeqCst);
        });
        assert_eq!((memory.tier.entries(), memory.evicted()), (125, 20_000 - 125), "{engine:?}");
    }
}

#[test]
fn a_full_cache_takes_as_many_entries_again_as_were_removed() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 100);
        (0..100).for_each(|n| memory.put(n, n));
        (0..50).for_each(|n| memory.remove(n));
        (100..150).for_each(|n| memory.put(n, n));
        assert_eq!((memory.tier.entries(), memory.evicted()), (100, 0), "{engine:?}");
        assert!((50..150).all(|n| memory.number(n) == Some(n)), "{engine:?}");
    }
}

#[test]
fn a_cleared_cache_is_empty_and_can_be_filled_again() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 100);
        (0..100).for_each(|n| memory.put(n, n));
        memory.tier.clear();
        assert!((0..100).all(|n| memory.number(n).is_none()), "{engine:?}");
        assert_eq!(memory.tier.entries(), 0, "{engine:?}");
        memory.tidy();
        (0..100).for_each(|n| memory.put(n, n));
        assert_eq!((memory.tier.entries(), memory.evicted()), (100, 0), "{engine:?}");
    }
}

#[test]
fn other_bounds_keep_the_entries_that_fit() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 1000);
        (0..1000).for_each(|n| memory.put(n, n));
        memory.tier.resize(Bounds::new(2000));
        assert!((0..1000).all(|n| memory.number(n) == Some(n)), "{engine:?}");
        (1000..2000).for_each(|n| memory.put(n, n));
        assert_eq!((memory.tier.entries(), memory.evicted()), (2000, 0), "{engine:?}");
        memory.tier.resize(Bounds::new(125));
        assert_eq!((memory.tier.entries(), memory.evicted()), (125, 1875), "{engine:?}");
        let found = (0..2000).filter(|n| memory.number(*n) == Some(*n)).count();
        assert_eq!(found, 125, "{engine:?}");
    }
}

#[test]
fn housekeeping_takes_out_what_is_past_all_use_counted_and_nothing_else() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 50_000);
        (0..50_000).for_each(|n| memory.put(n, n));
        // A step looks at 16,384 entries.
        for _ in 0..4 {
            memory.tier.tidy(&|entry| entry.value::<u64>().is_some_and(|n| n % 2 == 0));
        }
        assert_eq!(memory.tier.entries(), 25_000, "{engine:?}");
        assert_eq!(memory.left.expired.load(SeqCst), 25_000, "{engine:?}");
        assert_eq!((memory.number(1), memory.number(2)), (Some(1), None), "{engine:?}");
    }
}

#[test]
fn a_step_of_housekeeping_is_short_and_steps_give_all_back() {
    let memory = Memory::open((Engine::S3Fifo, Eviction::TinyLfu), 100_000);
    (0..100_000).for_each(|n| memory.put(n, n));
    let mut steps = 0;
    while memory.tier.entries() > 0 {
        let looks = AtomicU64::new(0);
        memory.tier.tidy(&|_| {
            looks.fetch_add(1, SeqCst);
            true
        });
        let looks = looks.load(SeqCst);
        assert!((1..=16_384).contains(&looks), "{looks} looks in one step");
        steps += 1;
    }
    assert!((7..=14).contains(&steps), "{steps} steps");
}

#[test]
fn an_engine_returns_the_entry_that_it_removes_or_replaces() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 10);
        let [first, second] = [11_u64, 12].map(|value| entry(1, value));
        drop(memory.tier.insert(first.clone()));
        let left = format!("{:?}", memory.tier.insert(second));
        assert_eq!(left.matches("Entry").count(), 1, "{engine:?}: {left}");
        let left = format!("{:?}", memory.tier.remove(&StoredKey::from(&key(1))));
        assert_eq!(left.matches("Entry").count(), 1, "{engine:?}: {left}");
    }
}

#[test]
fn a_look_from_outside_finds_what_a_hit_finds_and_saves_nothing_from_eviction() {
    for engine in ENGINES {
        let [looked_at, asked_for] = [true, false].map(|is_look| {
            let memory = Memory::open(engine, 100);
            (0..100).for_each(|n| memory.put(n, n));
            for _ in 0..10 {
                let found = |n| {
                    let key = key(n);
                    if is_look { memory.tier.look(&key) } else { memory.tier.get(&key) }
                };
                assert!((0..50).all(|n| found(n).is_some_and(|entry| entry.value() == Some(&n))));
            }
            assert!(memory.tier.look(&key(1000)).is_none(), "{engine:?}");
            memory.tier.tidy(&|_| false);
            // As often as a new key must be asked for to be kept.
            for n in (100..150).flat_map(|n| [n; 4]) {
                if memory.number(n).is_none() {
                    memory.put(n, n);
                }
            }
            (0..50).filter(|n| memory.tier.look(&key(*n)).is_some()).count()
        });
        assert!(asked_for >= looked_at + 20, "{engine:?}: {asked_for} and {looked_at}");
    }
}
