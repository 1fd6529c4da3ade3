//! Slow is not dead: a burst and a large value take Redis away from nobody.

use cachery::{Backend, Caches, cached, health::Breaker};
use cachery_test_support::Probe;
use tokio::task::JoinSet;

use super::place::{BUDGET, Place, health};

/// The number of keys that are asked for at once.
const BURST: u64 = 5_000;

#[cached(name = "burst-number", ttl = "1h", skip(probe))]
async fn number(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

async fn node(place: &Place) -> Caches {
    place.node_with(Backend::Redis, |builder| builder.remote_deadline(BUDGET)).await
}

/// Stores a value for each key, and asks for all of them at once.
async fn asks_for_many_keys_at_once() {
    let place = Place::start().await;
    let filler = place.node(Backend::Redis).await;
    for hundred in 0..BURST / 100 {
        let mut puts = JoinSet::new();
        for id in hundred * 100..(hundred + 1) * 100 {
            puts.spawn(filler.scope(number::put(id, 7)));
        }
        puts.join_all().await;
    }
    let (node, probe) = (node(&place).await, Probe::opened());
    let mut calls = JoinSet::new();
    for id in 0..BURST {
        let (node, probe) = (node.clone(), probe.clone());
        calls.spawn(async move { node.scope(number(id, &probe)).await });
    }
    let values = calls.join_all().await;
    assert_eq!(probe.runs(), 0, "all are stored");
    assert!(values.into_iter().all(|value| value == 7));
    assert_eq!(health(&node).await.servers[0].breaker, Breaker::Closed);
}

#[tokio::test]
async fn a_burst_of_stored_keys_runs_nothing_on_one_thread() {
    asks_for_many_keys_at_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_stored_keys_runs_nothing_on_several_threads() {
    asks_for_many_keys_at_once().await;
}
