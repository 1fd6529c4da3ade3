//! A value that is too large for memory is told once, by a log line of housekeeping.
//!
//! A process of its own: the line is written by a thread of the library, so the subscriber is that
//! of the process.

use std::{
    thread,
    time::{Duration, Instant},
};

use cachery::{Caches, cached};
use cachery_test_support::Log;

#[cached(name = "too-large", ttl = "1h", max_bytes = "1KiB")]
fn text(length: usize) -> String {
    "x".repeat(length)
}

#[test]
fn a_value_that_is_too_large_for_memory_is_told_once() {
    let log = Log::default();
    log.of_process();
    let caches = Caches::isolated();
    let call = || caches.sync_scope(|| assert_eq!(text(2_000).len(), 2_000));
    let told = "a value of the cache `too-large` is not kept in memory";
    call();
    let began = Instant::now();
    while log.count(told) == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", log.text());
        thread::sleep(Duration::from_millis(20));
    }
    call();
    thread::sleep(Duration::from_millis(1_200));
    assert_eq!(log.count(told), 1, "{}", log.text());
    let stats = caches.get("too-large").expect("it is open").stats();
    assert_eq!((stats.evictions.too_large, stats.size, stats.bytes), (2, 0, 0));
}
