//! Patience between nodes that share a Redis: a lease lives while its holder's load makes progress.

use std::{pin::pin, sync::Arc, time::Duration};

use cachery::{Backend, Caches, cached, config::CacheSettings};
use cachery_test_support::{Probe, Server, ended, eventually, until};
use tokio::{task::JoinHandle, time::sleep};

use super::{FLIGHT_WAIT, number, poll_once};

/// More than a lease lives that nobody renews, and a busy machine adds. Anything else that ends a
/// wait comes later.
const LEASE: Duration = Duration::from_secs(30);

/// More than a busy machine takes for the requests of a call: one without a reply loads by itself.
const DEADLINE: Duration = Duration::from_secs(10);

/// Two nodes, each with a clock of its own.
async fn two(server: &Server) -> [Caches; 2] {
    let node = async || {
        let builder =
            Caches::builder().isolated().redis_url(server.url()).remote_deadline(DEADLINE);
        let settings = CacheSettings::new().backend(Backend::Redis);
        builder.all(settings).build().await.expect("the server is there")
    };
    [node().await, node().await]
}

fn begin<T: Send + 'static>(
    node: &Caches,
    call: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(node.scope(call))
}

#[tokio::test]
async fn nodes_wait_for_a_slow_load_of_another() {
    const LOAD: Duration = Duration::from_secs(9);
    let server = Server::start().await;
    let (nodes, probe) = (two(&server).await, Probe::closed());
    let callers: Vec<_> =
        (0..20).map(|n| begin(&nodes[n % 2], number(1, Arc::clone(&probe)))).collect();
    let misses = |node: &Caches| node.sync_scope(|| number::cache().stats().misses);
    // The leader of the node that waits for the other is not counted yet.
    until(|| nodes.iter().map(misses).sum::<u64>() == 19).await;
    for _ in 0..3 {
        // In steps: a load that was woken just before is polled before the next one.
        for node in &nodes {
            node.clock().advance(LOAD / 3);
        }
        // In all longer than a caller waits for another node's load before it asks again.
        sleep(Duration::from_millis(400)).await;
    }
    assert_eq!(probe.runs(), 1);
    probe.let_out(1);
    for caller in callers {
        assert_eq!(ended(caller).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn the_lease_of_a_leader_who_was_woken_and_is_not_polled_ends() {
    let server = Server::start().await;
    let ([a, b], probe) = (two(&server).await, Probe::closed());
    let mut leader = pin!(a.scope(number(1, Arc::clone(&probe))));
    eventually("it runs", LEASE, async || {
        if probe.running() == 0 {
            poll_once(leader.as_mut());
        }
        (probe.running() == 1).then_some(())
    })
    .await;
    let caller = begin(&b, number(1, Arc::clone(&probe)));
    probe.let_out(1);
    a.clock().advance(FLIGHT_WAIT);
    eventually("the other node loads", LEASE, async || (probe.runs() == 2).then_some(())).await;
    probe.open();
    assert_eq!(ended(caller).await.unwrap(), 2);
    assert_eq!(leader.await, 1);
}

/// Calls `other`, if it is told of one, when its probe lets it.
#[cached(name = "patience-nested", ttl = 3600, skip(other, probe))]
async fn nested(id: u64, other: Option<u64>, probe: Arc<Probe>) -> u64 {
    probe.run().await;
    if let Some(other) = other {
        inner(other, probe).await;
    }
    id
}

/// The type of a function's future is not known inside of it.
fn inner(id: u64, probe: Arc<Probe>) -> std::pin::Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(nested(id, None, probe))
}

#[tokio::test]
async fn two_nodes_whose_loads_wait_for_each_other_end() {
    let server = Server::start().await;
    let ([a, b], probe) = (two(&server).await, Probe::closed());
    let one = begin(&a, nested(1, Some(2), Arc::clone(&probe)));
    let other = begin(&b, nested(2, Some(1), Arc::clone(&probe)));
    until(|| probe.running() == 2).await;
    probe.open();
    // Each has asked for the other's lease by then, or the clocks are moved again.
    sleep(Duration::from_millis(200)).await;
    assert!(!one.is_finished() && !other.is_finished());
    eventually("both end", LEASE, async || {
        for node in [&a, &b] {
            node.clock().advance(FLIGHT_WAIT);
        }
        sleep(Duration::from_millis(500)).await;
        (one.is_finished() && other.is_finished()).then_some(())
    })
    .await;
    assert_eq!((one.await.unwrap(), other.await.unwrap()), (1, 2));
}
