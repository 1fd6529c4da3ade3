//! Slow is not dead: a burst and a large value take Redis away from nobody.

use std::time::Duration;

use cachery::{Backend, Caches, cached, health::Breaker};
use cachery_test_support::{Direction::Replies, Probe};
use tokio::task::JoinSet;

use super::place::{Place, health};

/// The number of keys that are asked for at once.
const BURST: u64 = 5_000;
/// The budget of a call in a burst. All replies together take longer; one takes a fraction of it, also
/// on a machine that runs other tests meanwhile.
const BURST_BUDGET: Duration = Duration::from_secs(2);
/// The bytes of a large value.
const LARGE: usize = 4 << 20;
/// The budget of calls beside it: they take a fraction of it, also on a busy machine.
const BUDGET_BESIDE: Duration = Duration::from_secs(1);
/// The bytes a second of each connection: a large value takes four budgets.
const RATE: u32 = 1 << 20;
/// The number of callers of small values beside it.
const CALLERS: u64 = 50;
/// The number of calls of each.
const CALLS: usize = 100;

#[cached(name = "burst-number", ttl = "1h", skip(probe))]
async fn number(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

async fn node(place: &Place, budget: Duration) -> Caches {
    place.node_with(Backend::Redis, |builder| builder.remote_deadline(budget)).await
}

#[cached(name = "burst-large", ttl = "1h", skip(probe))]
async fn large(_id: u64, probe: &Probe) -> String {
    probe.run().await;
    "x".repeat(LARGE)
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
    let (node, probe) = (node(&place, BURST_BUDGET).await, Probe::opened());
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_value_on_a_slow_link_costs_other_callers_nothing() {
    let place = Place::start().await;
    let direct = place.direct_node().await;
    direct.scope(large::put(1, "x".repeat(LARGE))).await;
    direct.scope(large::put(2, "small".to_owned())).await;
    for id in 0..CALLERS {
        direct.scope(number::put(id, 7)).await;
    }
    let (node, probe) = (node(&place, BUDGET_BESIDE).await, Probe::opened());
    let large_probe = Probe::opened();
    // One large value has been seen in this cache, before the link is slow.
    assert_eq!(node.scope(large(1, &large_probe)).await.len(), LARGE);
    place.proxy.limit(Replies, RATE);
    let mut calls = JoinSet::new();
    for id in 0..CALLERS {
        let (node, probe) = (node.clone(), probe.clone());
        calls.spawn(async move {
            for _ in 0..CALLS {
                assert_eq!(node.scope(number(id, &probe)).await, 7);
            }
        });
    }
    let asks = async {
        for _ in 0..5 {
            assert_eq!(node.scope(large(1, &large_probe)).await.len(), LARGE);
        }
    };
    tokio::join!(asks, calls.join_all());
    assert_eq!(probe.runs(), 0, "no small value waited behind the large one");
    assert_eq!(node.scope(large(2, &large_probe)).await, "small");
    assert_eq!(health(&node).await.servers[0].breaker, Breaker::Closed);
    let asked = place.server.calls("strlen").await;
    assert!(asked <= 2, "what was slow is not asked for again: {asked}");
}
