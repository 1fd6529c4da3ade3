//! A key that is read a thousand times a second: no reader waits, and few loads run.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use cachery::{Backend, Caches, cached};
use cachery_test_support::eventually;

use crate::contract::place::Place;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const LOAD_TIME: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(60);
/// The seconds for which the value is read: ten lifetimes.
const SECONDS: u32 = 100;
/// The age from which a value of `rate-shared` is refreshed.
const WINDOW: Duration = Duration::from_secs(8);

#[derive(Default)]
struct Origin {
    runs: AtomicUsize,
    is_dead: AtomicBool,
}

impl Origin {
    fn runs(&self) -> usize {
        self.runs.load(SeqCst)
    }
}

#[cached(name = "rate-auto", ttl = 10, refresh = "auto", detach, skip(origin))]
async fn auto(origin: &Arc<Origin>) -> u64 {
    let run = origin.runs.fetch_add(1, SeqCst);
    tokio::time::sleep(LOAD_TIME).await;
    run as u64
}

#[cached(name = "rate-shared", ttl = 10, refresh = "80%", detach, skip(origin))]
async fn shared(origin: &Arc<Origin>) -> u64 {
    origin.runs.fetch_add(1, SeqCst) as u64
}

#[cached(
    name = "rate-dead",
    ttl = 10,
    refresh = "auto",
    stale_if_error = "2h",
    detach,
    skip(origin)
)]
async fn dead(origin: &Arc<Origin>) -> Result<u64, String> {
    let run = origin.runs.fetch_add(1, SeqCst);
    tokio::time::sleep(LOAD_TIME).await;
    if origin.is_dead.load(Relaxed) { Err("dead".to_owned()) } else { Ok(run as u64) }
}

#[cached(name = "rate-unsteady", ttl = 10, stale_if_error = "2h", skip(origin))]
async fn unsteady(origin: &Arc<Origin>) -> Result<u64, String> {
    let run = origin.runs.fetch_add(1, SeqCst);
    if origin.is_dead.load(Relaxed) { Err("dead".to_owned()) } else { Ok(run as u64) }
}

/// Returns ten nodes that share a Redis, each with a clock that stands.
async fn ten_nodes() -> Vec<Caches> {
    let place = Place::standalone(Backend::Tiered).await;
    let mut nodes = Vec::new();
    for _ in 0..10 {
        // On a busy machine no request may run out of time: its node would load for itself.
        let node = place.node_with(|node| node.remote_deadline(LONG)).await;
        node.clock().stop();
        nodes.push(node);
    }
    nodes
}

/// Returns the output of a call that waits for nothing.
#[track_caller]
fn at_once<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a reader waits"),
    }
}

#[tokio::test(start_paused = true)]
async fn on_one_node_no_reader_waits_and_few_loads_run() {
    Caches::isolated()
        .scope(async {
            let origin = Arc::new(Origin::default());
            auto(&origin).await;
            for _ in 0..SECONDS * 1000 {
                tokio::time::sleep(MILLISECOND).await;
                at_once(auto(&origin));
            }
            // The window is 2 s, the jitter 0.5 s at most.
            let most = 1.05 * f64::from(SECONDS) / (10.0 - 2.0 - 0.5);
            let runs = origin.runs() - 1;
            assert!(
                f64::from(u32::try_from(runs).unwrap()) <= most && runs >= 10,
                "{runs} loads, and {most} at most"
            );
            let stats = auto::cache().stats();
            assert_eq!((stats.freshness.stale, stats.misses), (0, 1));
            assert_eq!(stats.freshness.refreshed_in_background, runs as u64);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_is_dead_for_an_hour_costs_nobody_an_error_and_is_asked_seldom() {
    Caches::isolated()
        .scope(async {
            let origin = Arc::new(Origin::default());
            assert_eq!(dead(&origin).await, Ok(0));
            origin.is_dead.store(true, Relaxed);
            for _ in 0..3600 {
                tokio::time::sleep(SECOND).await;
                assert_eq!(dead(&origin).await, Ok(0));
            }
            let runs = origin.runs() - 1;
            // After 10, 20, 40 and 80 s, and then each 100 s.
            assert!((30..=45).contains(&runs), "{runs} probes");
            origin.is_dead.store(false, Relaxed);
            tokio::time::sleep(SECOND * 101).await;
            dead(&origin).await.unwrap();
            tokio::time::sleep(SECOND).await;
            assert_ne!(dead(&origin).await, Ok(0), "it has recovered");
        })
        .await;
}

#[tokio::test]
async fn ten_nodes_share_the_loads_and_no_reader_waits() {
    let nodes = ten_nodes().await;
    let origin = Arc::new(Origin::default());
    for node in &nodes {
        node.scope(shared(&origin)).await;
    }
    assert_eq!(origin.runs(), 1);
    let steps = SECONDS * 10;
    for _ in 0..steps {
        // So that each step has the whole budget of a task.
        tokio::task::yield_now().await;
        for node in &nodes {
            node.clock().advance(SECOND / 10);
            for _ in 0..10 {
                node.scope(async { at_once(shared(&origin)) }).await;
            }
        }
        // A step of this clock is longer than a request to Redis: what begins in it ends in it.
        for node in &nodes {
            let renewed = async || {
                let served = node.scope(shared::served(&origin)).await;
                (served.age < WINDOW).then_some(())
            };
            eventually("the value is renewed", LONG, renewed).await;
        }
    }
    let most = 1.05 * f64::from(SECONDS) / (10.0 - 2.0);
    let runs = origin.runs() - 1;
    assert!(
        f64::from(u32::try_from(runs).unwrap()) <= most && runs >= 9,
        "{runs} loads, and {most} at most"
    );
}

#[tokio::test]
async fn ten_nodes_ask_an_origin_that_is_dead_as_seldom_as_one() {
    let nodes = ten_nodes().await;
    let origin = Arc::new(Origin::default());
    for node in &nodes {
        assert_eq!(node.scope(unsteady(&origin)).await, Ok(0));
    }
    origin.is_dead.store(true, Relaxed);
    for _ in 0..3600 {
        for node in &nodes {
            node.clock().advance(SECOND);
            assert_eq!(node.scope(unsteady(&origin)).await, Ok(0));
        }
    }
    let runs = origin.runs() - 1;
    // As on one node: after 10, 20, 40 and 80 s, and then each 100 s.
    assert!((1..=45).contains(&runs), "{runs} probes");
}
