//! A follower on the process's clock needs no timers: it may run in any runtime, or in none.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cachery::{Caches, cached};
use cachery_test_support::{Probe, ended, spawn, until};
use tokio::runtime::Builder;

/// Nearly the longest time that a follower waits before it loads for itself; the rest passes by
/// itself.
const MOST_OF_FLIGHT_WAIT_MAX: Duration = Duration::from_millis(119_700);

#[cached(name = "clock-number", ttl = 3600, skip(probe))]
async fn number(_id: u64, probe: Arc<Probe>) -> usize {
    probe.run().await
}

/// Builds a registry on a system clock that is not the process's, so that the test can move it.
fn system() -> Caches {
    Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(Caches::builder().build())
        .expect("no faults")
}

#[test]
fn a_follower_needs_no_timers_of_its_runtime() {
    let without_timers = Builder::new_current_thread().build().expect("a runtime");
    without_timers.block_on(system().scope(async {
        let probe = Probe::closed();
        let leader = spawn(number(1, Arc::clone(&probe)));
        until(|| probe.running() == 1).await;
        let follower = spawn(number(1, Arc::clone(&probe)));
        until(|| number::cache().stats().misses == 2).await;
        probe.open();
        assert_eq!((ended(leader).await.unwrap(), ended(follower).await.unwrap()), (1, 1));
    }));
}

#[test]
fn a_follower_needs_no_runtime() {
    let probe = Probe::closed();
    let mut calls = pin!(system().scope(async {
        let mut leader = pin!(number(1, Arc::clone(&probe)));
        let mut follower = pin!(number(1, Arc::clone(&probe)));
        assert!(is_pending(leader.as_mut()) && is_pending(follower.as_mut()));
        probe.open();
        (leader.await, follower.await)
    }));
    let Poll::Ready(values) = calls.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nothing is left to wait for");
    };
    assert_eq!(values, (1, 1));
}

/// The housekeeping thread wakes a follower whose time is over.
#[test]
fn a_follower_stops_waiting_in_time() {
    let caches = system();
    let without_timers = Builder::new_current_thread().build().expect("a runtime");
    without_timers.block_on(caches.scope(async {
        let probe = Probe::closed();
        let leader = spawn(number(1, Arc::clone(&probe)));
        until(|| probe.running() == 1).await;
        let follower = spawn(number(1, Arc::clone(&probe)));
        until(|| number::cache().stats().misses == 2).await;
        caches.clock().advance(MOST_OF_FLIGHT_WAIT_MAX);
        until(|| probe.running() == 2).await;
        probe.open();
        assert!(ended(leader).await.is_ok() && ended(follower).await.is_ok());
    }));
}

fn is_pending<F: Future>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}
