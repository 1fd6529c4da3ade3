//! Housekeeping goes on after a panic in user code that it runs, and tells of it once.
//!
//! A process of its own: recorder, log and the housekeeping are those of the process.

use std::{
    panic, thread,
    time::{Duration, Instant},
};

use cachery::{Caches, cached};
use cachery_test_support::Log;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

/// More than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A value whose `Drop` panics.
#[derive(Clone)]
struct Bomb(bool);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(!self.0 || !is_housekeeping(), "by a value");
    }
}

/// A recorder that panics where housekeeping calls it.
struct Broken;

impl Recorder for Broken {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        assert!(!is_housekeeping(), "by the recorder");
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

fn is_housekeeping() -> bool {
    thread::current().name() == Some("cachery")
}

#[cached(name = "housekeeping-bombs", ttl = "1m", local)]
fn bomb(_id: u64, bites: bool) -> Bomb {
    Bomb(bites)
}

#[cached(name = "housekeeping-weighed", ttl = "1m", weigh = |_| panic!("by `weigh`"), max_bytes = "1MiB")]
fn weighed(_id: u64) -> Vec<Vec<u8>> {
    Vec::new()
}

#[cached(name = "housekeeping-text", ttl = "1m")]
fn text(id: u64) -> String {
    id.to_string()
}

fn wait_until(log: &Log, what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{}", log.text());
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_goes_on_after_panics_in_user_code_and_tells_each_once() {
    let (log, caches) = (Log::default(), Caches::isolated());
    log.of_process();
    // Panics are expected here.
    panic::set_hook(Box::new(|_| ()));
    metrics::set_global_recorder(Broken).expect("the first recorder");
    let size = |name| caches.get(name).expect("it is open").stats().size;
    caches.clone().install().expect("the first registry");
    for round in 1..=3 {
        for id in 0..10 {
            caches.sync_scope(|| (bomb(id, true), weighed(id), text(id)));
        }
        assert_eq!((size("housekeeping-bombs"), size("housekeeping-text")), (10, 10));
        caches.clock().advance(Duration::from_secs(120));
        wait_until(&log, &format!("memory is given back, round {round}"), || {
            size("housekeeping-bombs") == 0 && size("housekeeping-text") == 0
        });
    }
    let told = [
        "the step for metrics of the housekeeping panicked",
        "the `Drop` of a cached value of the type",
        "a value of the cache `housekeeping-weighed` is not kept in memory",
    ];
    for line in told {
        wait_until(&log, line, || log.count(line) > 0);
        assert_eq!(log.count(line), 1, "{}", log.text());
    }
}
