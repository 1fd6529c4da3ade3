//! Batches of invalidations against servers that the tests start.

mod expiries;
mod releases;

use std::{
    future::Future,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use cachery_core::{
    Identity,
    remote::{Digest, Place, RemoteEvents, Target},
};
use cachery_test_support::{Cluster, Direction, Proxy, Server, eventually};

use super::*;

/// Longer than anything should take.
const LONG: Duration = Duration::from_secs(10);
/// The time that a caller gives each request.
const BUDGET: Duration = Duration::from_millis(500);

/// Enough keys that a busy machine can end a batch of them midway.
const MANY: u32 = 6_000;

struct NoEvents;

impl RemoteEvents for NoEvents {
    fn invalidated(&self, _identity: Identity, _digest: &Digest, _ending: Ending) {}
    fn tag_invalidated(&self, _name: &str, _digest: Digest, _ending: Ending) {}
    fn cache_invalidated(&self, _name: &str, _ending: Ending) {}
    fn distrusted(&self) {}
    fn cut_off(&self) {}
}

/// A tier that is connected.
async fn connect(url: &str) -> Tier {
    let node = Arc::new(Node::new("p", Arc::new(NoEvents), None));
    let hooks = Arc::clone(&node) as Arc<dyn ServerHooks>;
    let mut target = Target::default();
    url.clone_into(&mut target.url);
    let servers = Servers::open(&target, node.watched(), hooks, false).unwrap();
    servers.connected(LONG).await.unwrap();
    Tier(Arc::new(Client::new(node, servers)))
}

fn keys(count: u32) -> Vec<RemoteKey> {
    let identity = "000000000000000a".parse().unwrap();
    let fingerprint = "000000000000000f".parse().unwrap();
    let place = Arc::new(Place { name: "a", identity, fingerprint });
    let digest = |number: u32| {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        Digest(digest)
    };
    (0..count)
        .map(|number| RemoteKey { place: Arc::clone(&place), digest: digest(number) })
        .collect()
}

fn queued(tier: &Tier) -> usize {
    tier.0.node.journal.queued(&|_| true)
}

/// Stores a value for each of `keys`.
async fn store(server: &Server, tier: &Tier, keys: &[RemoteKey]) {
    let mut command = vec![b"MSET".to_vec()];
    for key in keys {
        command.extend([tier.0.node.names.value(key), b"value".to_vec()]);
    }
    server.command(&command).await.unwrap();
}

async fn is_empty(server: &Server) -> bool {
    server.ask::<u64>(&["DBSIZE"]).await == 0
}

/// Waits until nothing is queued and nothing stored, though nobody calls.
async fn all_is_done(server: &Server, tier: &Tier) {
    let is_done = async || (queued(tier) == 0 && is_empty(server).await).then_some(());
    eventually("the queue is done", LONG, is_done).await;
}

#[tokio::test]
async fn ten_thousand_keys_are_invalidated_in_as_many_requests_as_they_need() {
    let server = Server::start().await;
    let tier = connect(&server.url()).await;
    let keys = keys(10_000);
    store(&server, &tier, &keys[..100]).await;
    assert_eq!(tier.invalidate(&keys, Ending::Invalid, LONG).await, Ok(()));
    assert!(is_empty(&server).await);
    all_is_done(&server, &tier).await;
    let ran = server.calls("eval").await + server.calls("evalsha").await;
    // Two scripts are tried out, and the first pipeline is sent again by its source.
    assert!((10_000..=10_000 + 2 * 128).contains(&ran), "{ran} for 10,000 keys");
}

#[tokio::test]
async fn scripts_that_the_server_has_forgotten_are_sent_again() {
    let server = Server::start().await;
    let tier = connect(&server.url()).await;
    let keys = keys(300);
    store(&server, &tier, &keys).await;
    for part in keys.chunks(150) {
        server.tell(&["SCRIPT", "FLUSH"]).await;
        assert_eq!(tier.invalidate(part, Ending::Invalid, LONG).await, Ok(()));
    }
    assert!(is_empty(&server).await);
}

/// A server, a relay that brings its replies 20 ms late, and a tier behind it.
async fn slow_place() -> (Server, Proxy, Tier) {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address());
    let tier = connect(&server.url_through(&proxy)).await;
    proxy.delay(Direction::Replies, Duration::from_millis(20));
    (server, proxy, tier)
}

/// Waits until the server has run more than `count` scripts, and lets no reply through after that.
async fn stall_after(count: u64, server: &Server, proxy: &Proxy) {
    let some = async || (server.calls("evalsha").await > count).then_some(());
    eventually("some scripts have run", LONG, some).await;
    proxy.stall(Direction::Replies);
}

#[tokio::test]
async fn a_batch_that_is_dropped_at_once_is_done_without_any_call() {
    let (server, proxy, tier) = slow_place().await;
    let keys = keys(1000);
    store(&server, &tier, &keys).await;
    proxy.stall(Direction::Replies);
    {
        let batch = tier.invalidate(&keys, Ending::Invalid, LONG);
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(batch).poll(&mut context).is_pending());
    }
    assert_eq!(queued(&tier), 1000, "each key is noted");
    proxy.pass();
    all_is_done(&server, &tier).await;
}

#[tokio::test]
async fn a_batch_that_is_dropped_midway_is_done_without_any_call() {
    let (server, proxy, tier) = slow_place().await;
    let keys = keys(MANY);
    store(&server, &tier, &keys).await;
    tokio::select! {
        result = tier.invalidate(&keys, Ending::Invalid, LONG) => panic!("{result:?} before its caller went away"),
        () = stall_after(300, &server, &proxy) => {}
    }
    let left = queued(&tier);
    assert!(
        (1..=keys.len() - 128).contains(&left),
        "{left}: neither none nor what was acknowledged"
    );
    proxy.pass();
    all_is_done(&server, &tier).await;
}

#[tokio::test]
async fn a_batch_that_is_never_polled_is_done_too() {
    let server = Server::start().await;
    let tier = connect(&server.url()).await;
    let keys = keys(3);
    store(&server, &tier, &keys).await;
    drop(tier.invalidate(&keys, Ending::Invalid, LONG));
    all_is_done(&server, &tier).await;
}

#[tokio::test]
async fn a_batch_that_a_frozen_server_did_not_take_is_done_once_it_answers_again() {
    for count in [1, 1000] {
        let server = Server::start().await;
        let tier = connect(&server.url()).await;
        let keys = keys(count);
        store(&server, &tier, &keys).await;
        server.freeze();
        assert!(tier.invalidate(&keys, Ending::Invalid, BUDGET).await.is_err());
        assert_eq!(queued(&tier), keys.len());
        server.thaw();
        all_is_done(&server, &tier).await;
    }
}

#[tokio::test]
async fn a_batch_that_a_dead_server_did_not_take_is_done_by_the_next() {
    let server = Server::start().await;
    let tier = connect(&server.url()).await;
    let keys = keys(1000);
    store(&server, &tier, &keys).await;
    let data = server.save().await;
    server.kill();
    assert!(tier.invalidate(&keys, Ending::Invalid, BUDGET).await.is_err());
    assert_eq!(queued(&tier), 1000);
    server.restart_with(&data).await;
    all_is_done(&server, &tier).await;
}

#[tokio::test]
async fn the_rest_of_a_batch_is_queued_after_a_request_that_was_not_served() {
    let (server, proxy, tier) = slow_place().await;
    let keys = keys(MANY);
    store(&server, &tier, &keys).await;
    let batch = tier.invalidate(&keys, Ending::Invalid, BUDGET);
    let (result, ()) = tokio::join!(batch, stall_after(300, &server, &proxy));
    assert_eq!(result, Err(Reason::Timeout));
    let left = queued(&tier);
    assert!(
        (1..=keys.len() - 128).contains(&left),
        "{left}: neither none nor what was acknowledged"
    );
    proxy.pass();
    all_is_done(&server, &tier).await;
}

#[tokio::test]
async fn each_master_of_a_cluster_gets_its_part_of_a_batch() {
    let cluster = Cluster::start(3, 0).await;
    let tier = connect(&cluster.url()).await;
    let keys = keys(1000);
    for key in &keys {
        let name = tier.0.node.names.value(key);
        let mut pipeline = redis::pipe();
        pipeline.cmd("SET").arg(&name).arg("value");
        tier.0
            .send(
                &name,
                &pipeline,
                cachery_core::remote::Operation::Get,
                LONG,
                crate::server::Lane::Main,
            )
            .await
            .unwrap();
    }
    assert_eq!(tier.invalidate(&keys, Ending::Invalid, LONG).await, Ok(()));
    for node in cluster.nodes() {
        assert!(is_empty(node).await);
        assert!(node.calls("evalsha").await >= 200);
    }
}

#[tokio::test]
async fn the_first_batch_of_a_process_waits_for_the_masters_of_its_cluster() {
    let cluster = Cluster::start(3, 0).await;
    let node = Arc::new(Node::new("p", Arc::new(NoEvents), None));
    let hooks = Arc::clone(&node) as Arc<dyn ServerHooks>;
    let mut target = Target::default();
    cluster.url().clone_into(&mut target.url);
    let servers = Servers::open(&target, node.watched(), hooks, false).unwrap();
    let tier = Tier(Arc::new(Client::new(node, servers)));
    assert_eq!(tier.invalidate(&keys(1000), Ending::Invalid, LONG).await, Ok(()));
}
