//! Threads that read, store, remove, clear up and resize at once, with counts: no stale value, no
//! spurious miss.

use std::{
    sync::atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Acquire, Release, SeqCst},
    },
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use cachery_core::Bounds;

use crate::support::{ENGINES, Memory};

/// Keys that are stored again and again.
const STORED: u64 = 64;
/// Keys that are stored and removed in turn.
const REMOVED: u64 = 64;
/// The first of the keys that no reader checks.
const OTHERS: u64 = 1 << 40;
const DURATION: Duration = Duration::from_millis(400);

/// The state of all keys that readers check.
struct Hammer {
    memory: Memory,
    /// The lowest version of each key that may be found.
    lowest: Vec<AtomicU64>,
    done: AtomicBool,
    reads: AtomicU64,
}

impl Hammer {
    fn new(memory: Memory) -> Self {
        let lowest = (0..STORED + REMOVED).map(|_| AtomicU64::new(0)).collect();
        (0..STORED).for_each(|n| memory.put(n, 0_u64));
        Self { memory, lowest, done: AtomicBool::new(false), reads: AtomicU64::new(0) }
    }

    /// Acts again and again, each time with the number of the round.
    fn until_done(&self, mut act: impl FnMut(u64)) {
        let mut round = 0;
        while !self.done.load(Acquire) {
            act(round);
            round += 1;
        }
    }

    fn lowest(&self, n: u64) -> &AtomicU64 {
        &self.lowest[usize::try_from(n).expect("it is small")]
    }

    /// Stores ever newer versions of every second key, from `first` on.
    fn write(&self, first: u64) {
        self.until_done(|version| {
            for n in (first..STORED).step_by(2) {
                self.memory.put(n, version);
                self.lowest(n).store(version, Release);
            }
            for n in (STORED + first..STORED + REMOVED).step_by(2) {
                self.memory.put(n, version);
                self.memory.remove(n);
                self.lowest(n).store(version + 1, Release);
            }
        });
    }

    /// Checks what is found.
    fn read(&self) {
        self.until_done(|round| {
            for n in 0..STORED + REMOVED {
                let lowest = self.lowest(n).load(Acquire);
                match self.memory.number(n) {
                    Some(found) => assert!(found >= lowest, "stale: {found} < {lowest}"),
                    None => assert!(n >= STORED, "key {n} is missing in round {round}"),
                }
            }
            self.reads.fetch_add(STORED + REMOVED, SeqCst);
        });
    }

    /// Stores other keys, removes them and does housekeeping.
    fn disturb(&self) {
        self.until_done(|round| {
            let first = OTHERS + round % 7 * 500;
            let others = first..first + 1000;
            others.clone().for_each(|n| self.memory.put(n, n));
            let is_over = |n: &u64| *n >= OTHERS && n.is_multiple_of(3);
            self.memory.tier.tidy(&|entry| entry.value().is_some_and(is_over));
            others.for_each(|n| self.memory.remove(n));
        });
    }

    /// Changes the capacity, which is ample at all times.
    fn resize(&self) {
        self.until_done(|round| {
            self.memory.tier.resize(Bounds::new(100_000 + round % 3));
            thread::sleep(Duration::from_millis(2));
        });
    }
}

#[test]
fn no_value_is_stale_and_none_is_missing_while_others_store_remove_and_resize() {
    for engine in ENGINES {
        let hammer = &Hammer::new(Memory::open(engine, 100_000));
        let ends = Instant::now() + DURATION;
        thread::scope(|scope| {
            scope.spawn(|| hammer.write(0));
            scope.spawn(|| hammer.write(1));
            scope.spawn(|| hammer.disturb());
            scope.spawn(|| hammer.resize());
            let readers = [scope.spawn(|| hammer.read()), scope.spawn(|| hammer.read())];
            while Instant::now() < ends && !readers.iter().any(ScopedJoinHandle::is_finished) {
                thread::sleep(Duration::from_millis(5));
            }
            hammer.done.store(true, Release);
        });
        let reads = hammer.reads.load(SeqCst);
        assert!(reads > 10 * (STORED + REMOVED), "only {reads} reads of {engine:?}");
        assert_eq!(hammer.memory.evicted(), 0, "the capacity is ample in {engine:?}");
    }
}
