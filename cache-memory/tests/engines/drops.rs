//! The end of values: they die outside every lock, and none that has left stays alive.

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU64, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use cachery_core::{Bounds, Engine, Eviction};

use crate::support::{ENGINES, Memory, key};

/// A value whose `Drop` uses the memory that held it.
struct Reentrant {
    memory: Weak<Memory>,
    dropped: Arc<AtomicU64>,
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, SeqCst);
        if let Some(memory) = self.memory.upgrade() {
            memory.tier.get(&key(1));
            memory.put(1_000_000, ());
            memory.remove(1_000_000);
            memory.tier.entries();
        }
    }
}

/// Lets values be dropped in every way. Returns their number.
fn drop_in_every_way(engine: (Engine, Eviction)) -> u64 {
    let memory = Arc::new(Memory::open(engine, 300));
    let dropped = Arc::<AtomicU64>::default();
    let put = |n| {
        let value = Reentrant { memory: Arc::downgrade(&memory), dropped: Arc::clone(&dropped) };
        memory.put(n, value);
    };
    (0..600).for_each(put);
    (0..600).for_each(put);
    (0..100).for_each(|n| memory.remove(n));
    memory.tier.tidy(&|entry| entry.value::<Reentrant>().is_some());
    (0..300).for_each(put);
    memory.tier.resize(Bounds::new(100));
    memory.tier.clear();
    memory.tidy();
    memory.tier.entries();
    dropped.load(SeqCst)
}

#[test]
fn a_value_may_use_its_cache_when_it_is_dropped() {
    for engine in ENGINES {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(drop_in_every_way(engine)));
        let dropped = receiver.recv_timeout(Duration::from_secs(60));
        assert_eq!(dropped, Ok(1500), "{engine:?}: a value died under a lock, or lives");
    }
}

/// Returns the numbers of 500 values that are alive after `leave` and one round of housekeeping.
fn alive_after(engine: (Engine, Eviction), leave: impl Fn(&Memory)) -> usize {
    let memory = Memory::open(engine, 500);
    let values: Vec<Weak<u64>> = (0..500)
        .map(|n| {
            let value = Arc::new(n);
            let weak = Arc::downgrade(&value);
            memory.put(n, value);
            weak
        })
        .collect();
    leave(&memory);
    memory.tidy();
    values.iter().filter(|value| value.strong_count() > 0).count()
}

#[test]
fn nothing_that_has_left_is_alive_after_housekeeping() {
    let remove_all = |memory: &Memory| (0..500).for_each(|n| memory.remove(n));
    let replace_all = |memory: &Memory| (0..500).for_each(|n| memory.put(n, ()));
    let clear = |memory: &Memory| memory.tier.clear();
    let expire = |memory: &Memory| memory.tier.tidy(&|_| true);
    for engine in ENGINES {
        assert_eq!(alive_after(engine, remove_all), 0, "removed from {engine:?}");
        assert_eq!(alive_after(engine, replace_all), 0, "replaced in {engine:?}");
        assert_eq!(alive_after(engine, clear), 0, "cleared from {engine:?}");
        assert_eq!(alive_after(engine, expire), 0, "expired in {engine:?}");
    }
}

#[test]
fn an_evicted_value_is_dropped_by_the_call_that_stored_another() {
    for engine in ENGINES {
        let memory = Memory::open(engine, 100);
        let values: Mutex<Vec<Weak<u64>>> = Mutex::default();
        for n in 0..1000 {
            let value = Arc::new(n);
            values.lock().unwrap().push(Arc::downgrade(&value));
            memory.put(n, value);
            let values = values.lock().unwrap();
            let alive = values.iter().filter(|value| value.strong_count() > 0).count();
            assert!(alive <= 100, "{alive} are alive in {engine:?}");
        }
    }
}
