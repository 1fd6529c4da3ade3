//! Functions that are not async. They share caches, keys, flights and counters with those that are.

#[cfg(feature = "redis")]
mod redis;
mod rules;
mod twins;
mod waits;

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    time::Duration,
};

/// Runs `work` on a thread of its own, which has no runtime. Work that does not end fails the test.
fn in_time(work: impl FnOnce() + Send + 'static) {
    let (done, finished) = channel();
    let worker = std::thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    let ended = finished.recv_timeout(Duration::from_secs(60));
    assert_ne!(ended, Err(RecvTimeoutError::Timeout), "it does not end");
    worker.join().expect("no panic");
}
