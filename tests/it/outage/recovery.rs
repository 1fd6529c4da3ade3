//! Recovery is exact: when health says up, nodes agree.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use cachery::{Backend, Caches, Invalidation, health::Status};
use cachery_test_support::{Direction::Replies, Probe, Sentinel, Server, eventually};

use super::{
    functions::number,
    place::{PATIENCE, Place, becomes, builder, health, returns},
};

const KEYS: u64 = 50;
/// A budget that the delay of the proxy exceeds.
const SCARCE: Duration = Duration::from_millis(10);

async fn call(node: &Caches, id: u64, probe: &Arc<Probe>) -> usize {
    returns(node.scope(number(id, probe))).await
}

async fn is_up(node: &Caches) {
    becomes(node, "its health is good", |health| health.status == Status::Up).await;
}

async fn is_not_up(node: &Caches) {
    becomes(node, "its health is bad", |health| health.status != Status::Up).await;
}

async fn tiered(url: &str) -> Caches {
    let build = builder(url, Backend::Tiered).remote_deadline(Duration::from_secs(5)).build();
    returns(build).await.expect("it is there")
}

/// Waits until both nodes return one value for the key, and it is another than `invalidated`.
async fn agree(nodes: [&Caches; 2], probe: &Arc<Probe>, invalidated: usize) {
    eventually("nodes agree", PATIENCE, async || {
        let values = [call(nodes[0], 1, probe).await, call(nodes[1], 1, probe).await];
        (values[0] == values[1] && values[0] != invalidated).then_some(())
    })
    .await;
}

#[tokio::test]
async fn when_health_says_up_nodes_agree() {
    let place = Place::start().await;
    let node = place.node(Backend::Tiered).await;
    let other = tiered(&place.server.url()).await;
    let probe = Probe::opened();
    for _ in 0..3 {
        place.proxy.refuse();
        is_not_up(&node).await;
        let ends = Arc::new(AtomicBool::new(false));
        let calls = tokio::spawn({
            let (node, probe, ends) = (node.clone(), Arc::clone(&probe), Arc::clone(&ends));
            async move {
                while !ends.load(SeqCst) {
                    for id in 0..KEYS {
                        call(&node, id, &probe).await;
                    }
                    node.scope(number::invalidate(fastrand::u64(..KEYS))).await;
                    tokio::task::yield_now().await;
                }
            }
        });
        tokio::time::sleep(SCARCE).await;
        place.proxy.pass();
        is_up(&node).await;
        ends.store(true, SeqCst);
        calls.await.unwrap();
        is_up(&node).await;
        for id in 0..KEYS {
            // Pushes are on their way for a moment; what one node loaded alone would stay longer.
            eventually(&format!("nodes agree about key {id}"), PATIENCE, async || {
                let values = [call(&node, id, &probe).await, call(&other, id, &probe).await];
                (values[0] == values[1]).then_some(())
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_value_that_could_not_be_shared_is_not_kept_while_all_are_up() {
    let place = Place::start().await;
    let node = place.node_with(Backend::Tiered, |builder| builder.remote_deadline(SCARCE)).await;
    let other = tiered(&place.server.url()).await;
    let probe = Probe::opened();
    is_up(&node).await;
    place.proxy.delay(Replies, 4 * SCARCE);
    let mut id = 0;
    // On a busy machine the server may be taken for silent: then it is tried with another key.
    eventually("its health stays good", PATIENCE, async || {
        id += 1;
        call(&node, id, &probe).await;
        (health(&node).await.status == Status::Up).then_some(())
    })
    .await;
    place.proxy.pass();
    // The other loads it, or finds what arrived late.
    let shared = call(&other, id, &probe).await;
    eventually("nodes agree", PATIENCE, async || {
        (call(&node, id, &probe).await == shared).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_selected_database_that_is_flushed_empties_memory() {
    let place = Place::start().await;
    let url = format!("{}/3", place.server.url());
    let nodes = [tiered(&url).await, tiered(&url).await];
    let probe = Probe::opened();
    for node in &nodes {
        assert_eq!(call(node, 1, &probe).await, 1);
    }
    assert_eq!(nodes[0].scope(number::invalidate(1)).await, Invalidation::Everywhere);
    agree([&nodes[0], &nodes[1]], &probe, 1).await;
    let before = call(&nodes[0], 1, &probe).await;
    let flush = "redis.call('SELECT', 3) return redis.call('FLUSHDB')";
    place.server.tell(&["EVAL", flush, "0"]).await;
    agree([&nodes[0], &nodes[1]], &probe, before).await;
    // Another database is not theirs.
    let before = call(&nodes[0], 1, &probe).await;
    assert_eq!(place.server.ask::<u64>(&["DBSIZE"]).await, 0);
    assert_eq!(call(&nodes[1], 1, &probe).await, before);
}

#[tokio::test]
async fn a_snapshot_that_is_restored_brings_nothing_back() {
    let place = Place::start().await;
    let url = place.server.url();
    let nodes = [tiered(&url).await, tiered(&url).await];
    let probe = Probe::opened();
    for node in &nodes {
        assert_eq!(call(node, 1, &probe).await, 1);
    }
    let older = place.server.save().await;
    assert_eq!(nodes[0].scope(number::invalidate(1)).await, Invalidation::Everywhere);
    agree([&nodes[0], &nodes[1]], &probe, 1).await;
    place.server.restart_with(&older).await;
    for node in &nodes {
        is_up(node).await;
    }
    agree([&nodes[0], &nodes[1]], &probe, 1).await;
    agree([&nodes[1], &nodes[0]], &probe, 1).await;
}

#[tokio::test]
async fn a_promoted_replica_that_lags_brings_nothing_back() {
    let master = Server::start().await;
    let follow = format!("replicaof 127.0.0.1 {}", master.port());
    let replica = Server::with(|config| config.line(follow)).await;
    let sentinel = Sentinel::naming(&master).await;
    let nodes = [tiered(&sentinel.url()).await, tiered(&sentinel.url()).await];
    let probe = Probe::opened();
    for node in &nodes {
        assert_eq!(call(node, 1, &probe).await, 1);
    }
    let size = async |server: &Server| server.ask::<u64>(&["DBSIZE"]).await;
    eventually("the replica has it", PATIENCE, async || {
        (size(&replica).await == size(&master).await).then_some(())
    })
    .await;
    // From here on it lags.
    replica.tell(&["REPLICAOF", "127.0.0.1", "1"]).await;
    assert_eq!(nodes[0].scope(number::invalidate(1)).await, Invalidation::Everywhere);
    agree([&nodes[0], &nodes[1]], &probe, 1).await;
    master.kill();
    for node in &nodes {
        is_not_up(node).await;
    }
    replica.tell(&["REPLICAOF", "NO", "ONE"]).await;
    sentinel.name(&replica).await;
    for node in &nodes {
        is_up(node).await;
    }
    agree([&nodes[0], &nodes[1]], &probe, 1).await;
    agree([&nodes[1], &nodes[0]], &probe, 1).await;
}
