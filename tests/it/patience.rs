//! Patience: who waits for a load waits while it makes progress, however slow it is, and passes one
//! that could run and is not polled.

#[cfg(feature = "redis")]
mod nodes;

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use cachery::{Caches, cached};
use cachery_test_support::{Probe, ended, spawn, until};
use tokio::time::{Instant, sleep};

const FLIGHT_WAIT: Duration = Duration::from_secs(5);
/// The least step of a clock.
const STEP: Duration = Duration::from_nanos(1);

#[cached(name = "patience-number", ttl = 3600, skip(probe))]
async fn number(_id: u64, probe: Arc<Probe>) -> usize {
    probe.run().await
}

/// Lets other tasks run until, on one thread, each of them waits for something.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Polls a call once, for a caller who is not polled again.
fn poll_once<F: Future>(call: Pin<&mut F>) {
    assert!(call.poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[tokio::test(start_paused = true)]
async fn twenty_callers_of_a_slow_load_at_a_cold_start_run_it_once() {
    const LOAD: Duration = Duration::from_secs(12);

    #[cached(name = "patience-slow", ttl = 3600, skip(probe))]
    async fn slow(_id: u64, probe: Arc<Probe>) -> usize {
        sleep(LOAD).await;
        probe.run().await
    }

    Caches::isolated()
        .scope(async {
            let (probe, began) = (Probe::opened(), Instant::now());
            let callers: Vec<_> = (0..20).map(|_| spawn(slow(1, Arc::clone(&probe)))).collect();
            for caller in callers {
                assert_eq!(caller.await.unwrap(), 1);
            }
            assert_eq!(probe.runs(), 1);
            assert!(began.elapsed() < LOAD + Duration::from_millis(50), "{:?}", began.elapsed());
        })
        .await;
}

#[tokio::test]
async fn a_leader_who_was_woken_and_is_not_polled_is_passed_by_one_after_flight_wait() {
    Caches::isolated()
        .scope(async {
            let clock = Caches::current().clock();
            clock.stop();
            let probe = Probe::closed();
            let mut leader = pin!(number(1, Arc::clone(&probe)));
            poll_once(leader.as_mut());
            let followers: Vec<_> = (0..20).map(|_| spawn(number(1, Arc::clone(&probe)))).collect();
            until(|| number::cache().stats().misses == 21).await;
            clock.advance(12 * FLIGHT_WAIT);
            settle().await;
            probe.let_out(1);
            clock.advance(FLIGHT_WAIT.saturating_sub(STEP));
            settle().await;
            assert_eq!(probe.runs(), 1, "its time counts from when it was woken");
            clock.advance(STEP);
            until(|| probe.running() == 2).await;
            settle().await;
            assert_eq!(probe.runs(), 2, "the others wait for the one who passed it");
            probe.let_out(1);
            for follower in followers {
                assert_eq!(ended(follower).await.unwrap(), 2);
            }
            assert_eq!(
                (leader.await, number::peek(1).await),
                (1, Some(2)),
                "it overwrites nothing"
            );
        })
        .await;
}

#[tokio::test]
async fn a_successor_who_is_never_polled_is_passed_after_flight_wait() {
    Caches::isolated()
        .scope(async {
            let clock = Caches::current().clock();
            clock.stop();
            let probe = Probe::closed();
            let leader = spawn(number(1, Arc::clone(&probe)));
            until(|| probe.running() == 1).await;
            let mut successor = pin!(number(1, Arc::clone(&probe)));
            poll_once(successor.as_mut());
            let follower = spawn(number(1, Arc::clone(&probe)));
            until(|| number::cache().stats().misses == 3).await;
            clock.advance(12 * FLIGHT_WAIT);
            settle().await;
            leader.abort();
            assert!(ended(leader).await.is_err());
            clock.advance(FLIGHT_WAIT.saturating_sub(STEP));
            settle().await;
            assert_eq!(probe.runs(), 1, "its time counts from the hand-over");
            clock.advance(STEP);
            until(|| probe.running() == 1).await;
            probe.open();
            assert_eq!(ended(follower).await.unwrap(), 2);
            assert_eq!(
                (successor.await, probe.runs(), number::peek(1).await),
                (2, 2, Some(2)),
                "its permit was fenced off, so it looks again"
            );
        })
        .await;
}
