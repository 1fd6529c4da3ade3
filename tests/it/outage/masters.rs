//! Masters that die: those of a Cluster, and one that sentinels watch.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use cachery::{Backend, Caches, Invalidation, health::Status};
use cachery_test_support::{Cluster, Sentinel, eventually};
use tokio::task::JoinHandle;

use super::{
    functions::square,
    place::{PATIENCE, becomes, builder, health, recovers, returns},
};

const KEYS: u64 = 60;

async fn node(url: &str, backend: Backend) -> Caches {
    let build = builder(url, backend).remote_deadline(Duration::from_secs(1)).build();
    returns(build).await.expect("it is there")
}

/// Calls all keys and returns the number of hits in Redis.
async fn hits(node: &Caches) -> u64 {
    let hits = || node.sync_scope(|| square::cache().stats().remote.hits);
    let before = hits();
    for number in 1..=KEYS {
        assert_eq!(returns(node.scope(square(number))).await, number * number);
    }
    hits() - before
}

#[tokio::test]
async fn when_one_of_three_masters_dies_the_keys_of_the_others_still_hit() {
    let cluster =
        Cluster::with(3, 0, |config| config.line("cluster-require-full-coverage no")).await;
    let [node, other] =
        [node(&cluster.url(), Backend::Redis).await, node(&cluster.url(), Backend::Redis).await];
    hits(&node).await;
    assert_eq!(hits(&node).await, KEYS);
    let dead = cluster.nodes()[0].clone();
    dead.kill();
    let left = hits(&node).await;
    assert!(left > KEYS / 3 && left < KEYS, "{left}");
    assert_eq!(health(&node).await.status, Status::Down, "as its worst server");
    dead.restart().await;
    cluster.settled().await;
    recovers(&node, &other).await;
    hits(&node).await;
    assert_eq!(hits(&node).await, KEYS);
}

#[tokio::test]
async fn a_cluster_that_is_down_as_a_whole_fails_no_call() {
    let cluster = Cluster::start(3, 0).await;
    let [node, other] =
        [node(&cluster.url(), Backend::Tiered).await, node(&cluster.url(), Backend::Redis).await];
    hits(&node).await;
    let dead = cluster.nodes()[1].clone();
    dead.kill();
    eventually("the others refuse to serve", PATIENCE, async || {
        let info: String = cluster.nodes()[0].ask(&["CLUSTER", "INFO"]).await;
        info.contains("cluster_state:fail").then_some(())
    })
    .await;
    hits(&node).await;
    hits(&other).await;
    let told = returns(node.sync_scope(square::cache).clear()).await;
    assert_eq!(told, Invalidation::Queued);
    dead.restart().await;
    cluster.settled().await;
    recovers(&node, &other).await;
    assert_eq!(node.scope(square::peek(2)).await, None, "the clear was done");
}

/// Calls all keys again and again until `ends`, and returns the number of rounds.
fn load(node: &Caches, ends: &Arc<AtomicBool>) -> JoinHandle<u64> {
    let (node, ends) = (node.clone(), Arc::clone(ends));
    tokio::spawn(async move {
        let mut rounds = 0;
        while !ends.load(SeqCst) {
            hits(&node).await;
            rounds += 1;
            tokio::task::yield_now().await;
        }
        rounds
    })
}

/// Returns the number of failovers: one, unless `make soak` sets more.
fn failovers() -> u32 {
    env::var("CACHERY_FAILOVERS").map_or(1, |number| number.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_fail_over_under_load_and_no_call_fails() {
    let group = Sentinel::start().await;
    let nodes =
        [node(&group.url(), Backend::Redis).await, node(&group.url(), Backend::Tiered).await];
    let ends = Arc::new(AtomicBool::new(false));
    let loads: Vec<_> = nodes.iter().cycle().take(4).map(|node| load(node, &ends)).collect();
    hits(&nodes[0]).await;
    for failover in 1..=failovers() {
        let dead = group.kill_master().await;
        returns(nodes[0].scope(square::invalidate(1))).await;
        assert_ne!(group.master().await.port(), dead.port());
        for node in &nodes {
            becomes(node, "it follows", |health| health.status == Status::Up).await;
        }
        recovers(&nodes[1], &nodes[0]).await;
        recovers(&nodes[0], &nodes[1]).await;
        if failover < failovers() {
            group.restart(&dead).await;
        }
    }
    ends.store(true, SeqCst);
    for load in loads {
        assert!(load.await.expect("no call fails") > 0);
    }
}
