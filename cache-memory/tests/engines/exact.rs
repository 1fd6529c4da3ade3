//! The bounds, while everything else happens at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
};

use cachery_core::{Bounds, Engine, Eviction};

use crate::support::{ENGINES, Memory};

/// Capacities at which a bound that is off by one shows.
const SMALL: [u64; 4] = [1, 2, 3, 7];
const WRITERS: u64 = 4;

/// Runs `write` for each of some threads, and `check` all the time beside them.
fn beside_writers(write: impl Fn(u64) + Sync, check: impl Fn() + Sync) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let write = &write;
        let writers: Vec<_> =
            (0..WRITERS).map(|thread| scope.spawn(move || write(thread))).collect();
        scope.spawn(|| {
            while !done.load(SeqCst) {
                check();
            }
        });
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join().is_ok()).collect();
        done.store(true, SeqCst);
        assert!(ended.into_iter().all(|is_ok| is_ok), "a writer panicked");
    });
}

#[test]
fn the_smallest_capacities_hold_while_threads_store_remove_clear_and_tidy() {
    for (engine, capacity) in ENGINES.into_iter().flat_map(|e| SMALL.map(|c| (e, c))) {
        let memory = Memory::open(engine, capacity);
        let check = || {
            let entries = memory.tier.entries();
            assert!(entries <= capacity, "{entries} of {capacity} in {engine:?}");
        };
        let write = |thread| {
            for round in 0..512 {
                let n = round * WRITERS + thread;
                match round % 64 {
                    3 => memory.tier.clear(),
                    5 => memory
                        .tier
                        .tidy(&|entry| entry.value().is_some_and(|n: &u64| n.is_multiple_of(3))),
                    of if of % 4 == 1 => memory.remove(n - WRITERS),
                    _ => memory.put(n % 500, n),
                }
                check();
            }
        };
        beside_writers(write, check);
        (0..10).for_each(|n| memory.put(n, n));
        assert_eq!(memory.tier.entries(), capacity, "{engine:?} of {capacity}");
    }
}

#[test]
fn a_bound_holds_while_the_engine_is_brought_to_other_bounds() {
    const CAPACITY: u64 = 125;
    const MAX_BYTES: u64 = 50_000;
    for engine in ENGINES {
        // Two pairs of bounds: the lower of each is that of both.
        let bounds = [
            Bounds::new(CAPACITY).max_bytes(Some(MAX_BYTES)),
            Bounds::new(CAPACITY).max_bytes(Some(MAX_BYTES - 1)),
        ];
        let memory = Memory::bounded(engine, bounds[0]);
        let check = || {
            let (entries, bytes) = (memory.tier.entries(), memory.bytes());
            assert!(entries <= CAPACITY, "{entries} entries in {engine:?}");
            assert!(bytes <= MAX_BYTES, "{bytes} bytes in {engine:?}");
        };
        let write = |thread| {
            for round in 0..400 {
                if thread == 0 {
                    memory.tier.resize(bounds[round / 5 % 2]);
                } else {
                    let n = round as u64 * WRITERS + thread;
                    memory.put_large(n, 300 + n * 37 % 500);
                }
                check();
            }
        };
        beside_writers(write, check);
    }
}

#[test]
fn a_lower_capacity_holds_from_the_change_on_while_threads_store() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 1_000);
        let most = AtomicU64::new(1_000);
        let check = || {
            let most = most.load(SeqCst);
            let entries = memory.tier.entries();
            assert!(entries <= most, "{entries} of {most} in {engine:?}");
        };
        let write = |thread| {
            for round in 0..2_000 {
                if thread == 0 && round % 100 == 99 {
                    let capacity = 1_000 - round / 2;
                    memory.tier.resize(Bounds::new(capacity));
                    most.store(capacity, SeqCst);
                }
                memory.put(round * WRITERS + thread, round);
                check();
            }
        };
        beside_writers(write, check);
        assert_eq!(memory.tier.entries(), 1, "{engine:?}");
    }
}

#[test]
fn a_call_that_stores_drops_as_much_as_it_adds_while_bounds_are_lowered() {
    let memory = Memory::open((Engine::S3Fifo, Eviction::TinyLfu), 50_000);
    (0..50_000).for_each(|n| memory.put(n, n));
    let most = AtomicU64::new(0);
    let resized = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            memory.tier.resize(Bounds::new(10));
            resized.store(true, SeqCst);
        });
        scope.spawn(|| {
            for n in 50_000.. {
                let left = memory.tier.insert(crate::support::entry(n, n)).into_iter().count();
                most.fetch_max(left as u64, SeqCst);
                if resized.load(SeqCst) {
                    break;
                }
            }
        });
    });
    assert!(most.load(SeqCst) <= 1, "{} left for one that came", most.load(SeqCst));
    assert_eq!(memory.tier.entries(), 10);
}

#[test]
fn an_entry_that_outgrew_a_lower_bound_on_its_way_is_not_stored_and_costs_no_other() {
    for engine in ENGINES {
        let memory = Memory::bounded(engine, Bounds::new(100).max_bytes(Some(10_000)));
        (0..5).for_each(|n| memory.put_large(n, 1_000));
        // Weighed against bounds that were lowered since.
        memory.put_large(5, 20_000);
        memory.put_large(4, 20_000);
        assert_eq!((memory.bytes_of(5), memory.bytes_of(4)), (None, None), "{engine:?}");
        assert_eq!((memory.tier.entries(), memory.bytes()), (4, 4_000), "{engine:?}");
        assert!((0..4).all(|n| memory.bytes_of(n) == Some(1_000)), "{engine:?}");
    }
}

#[test]
fn with_both_bounds_a_cache_of_small_entries_holds_its_capacity() {
    for (engine, capacity) in ENGINES.into_iter().flat_map(|e| [3, 7, 100].map(|c| (e, c))) {
        let memory = Memory::bounded(engine, Bounds::new(capacity).max_bytes(Some(100_000)));
        for n in 0..3 * capacity {
            memory.put_large(n, 300);
            let expected = capacity.min(n + 1);
            assert_eq!(memory.tier.entries(), expected, "{engine:?} of {capacity}");
        }
        let [size, bytes] = [&memory.left.size, &memory.left.bytes].map(|n| n.load(SeqCst));
        assert_eq!((size, bytes), (2 * capacity, 0), "the cause is the capacity in {engine:?}");
    }
}

/// A value that is counted while it is alive.
struct Alive(Arc<AtomicU64>);

impl Alive {
    fn new(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[test]
fn clears_in_a_row_leave_no_more_values_than_one() {
    for engine in ENGINES {
        let alive = Arc::default();
        let memory = Memory::open(engine, 100);
        for _ in 0..20 {
            (0..100).for_each(|n| memory.put(n, Alive::new(&alive)));
            memory.tier.clear();
            let alive = alive.load(SeqCst);
            assert!(alive <= 100, "{alive} are alive in {engine:?}");
        }
        memory.tidy();
        assert_eq!(alive.load(SeqCst), 0, "{engine:?}");
    }
}
