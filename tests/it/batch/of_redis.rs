//! Batches in Redis: one round trip, and companions that reach another node.

use std::time::Duration;

use cachery::{Backend, Caches, Invalidation, cached, caches, config::CacheSettings};
use cachery_test_support::{Cluster, Direction, Proxy, Server, eventually};

/// Long, because the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(20);
const MANY: u64 = 128;

caches! {
    static NUMBERS: Cache<u64, u64> = { name: "batch-redis-numbers", ttl: 60 };
}

#[cached(cache = NUMBERS, batch = ids)]
async fn tenfold(ids: &[u64]) -> Result<Vec<u64>, String> {
    Ok(ids.iter().map(|id| id * 10).collect())
}

pub(super) async fn node(url: &str, backend: Backend, prefix: &str) -> Caches {
    let settings = CacheSettings::new().backend(backend);
    let builder = Caches::builder().isolated().redis_url(url).prefix(prefix).all(settings);
    builder.remote_deadline(PATIENCE).build().await.expect("the server is there")
}

/// Reads many stored items by a node at `url`, whose way to each of `servers` leads through a proxy.
/// No server replies before all have got all requests, so none of these waits for the reply to
/// another.
async fn assert_one_round_trip(url: &str, servers: &[(Server, Proxy)], prefix: &str) {
    let ids: Vec<_> = (0..MANY).collect();
    let tens: Vec<_> = (0..MANY).map(|id| id * 10).collect();
    let writer = node(url, Backend::Redis, prefix).await;
    assert_eq!(writer.scope(tenfold(&ids)).await.unwrap(), tens);
    let reads = async || {
        let mut reads = Vec::new();
        for (server, _) in servers {
            reads.push(server.calls("mget").await);
        }
        reads
    };
    for backend in [Backend::Redis, Backend::Tiered] {
        let reader = node(url, backend, prefix).await;
        let before = reads().await;
        for (_, proxy) in servers {
            proxy.stall(Direction::Replies);
        }
        let asked = ids.clone();
        let working = tokio::spawn(reader.scope(async move { tenfold(&asked).await }));
        let sum = before.iter().sum::<u64>() + MANY;
        let all = async || (reads().await.iter().sum::<u64>() == sum).then_some(());
        eventually("Redis has got all", PATIENCE, all).await;
        assert!(!working.is_finished(), "it waits for the replies");
        assert!(reads().await.iter().zip(&before).all(|(now, before)| now > before));
        for (_, proxy) in servers {
            proxy.pass();
        }
        assert_eq!(working.await.unwrap().unwrap(), tens);
        assert_eq!(reads().await.iter().sum::<u64>(), sum);
        let stats = reader.sync_scope(|| NUMBERS.stats());
        assert_eq!((stats.remote.hits, stats.loads, stats.batch.hit), (MANY, 0, MANY));
    }
}

/// Runs `work`, which must send [`MANY`] scripts. No server replies before all have got all.
async fn assert_sent_at_once(
    servers: &[(Server, Proxy)],
    work: impl Future<Output = ()> + Send + 'static,
) {
    let sent = async || {
        let mut sent = 0;
        for (server, _) in servers {
            sent += server.calls("evalsha").await;
        }
        sent
    };
    let before = sent().await;
    for (_, proxy) in servers {
        proxy.stall(Direction::Replies);
    }
    let working = tokio::spawn(work);
    let all = async || (sent().await == before + MANY).then_some(());
    eventually("Redis has got all", PATIENCE, all).await;
    assert!(!working.is_finished(), "it waits for the replies");
    for (_, proxy) in servers {
        proxy.pass();
    }
    working.await.unwrap();
    // What other slots have to say to the feed is said when it is done.
    assert!(sent().await <= before + MANY + servers.len() as u64, "one round trip was enough");
}

#[tokio::test]
async fn the_forms_for_many_items_cost_one_round_trip_to_each_master_of_a_cluster() {
    let (url, servers) = cluster_behind_proxies().await;
    for backend in [Backend::Redis, Backend::Tiered] {
        let node = node(&url, backend, "many").await;
        for (server, _) in &servers {
            let read = async || (server.calls("time").await > 0).then_some(());
            eventually("the clock is read", PATIENCE, read).await;
        }
        let ids = || (0..MANY).collect::<Vec<_>>();
        // Each server knows the scripts then, and the node the cache's generation.
        let before = node.scope(async move {
            NUMBERS.put_many((0..MANY).map(|id| (id, id))).await;
            NUMBERS.invalidate_many(&ids()).await
        });
        assert_eq!(before.await, Invalidation::Everywhere);
        let put = async { tenfold::put_many((0..MANY).map(|id| (id, id + 1))).await };
        assert_sent_at_once(&servers, node.scope(put)).await;
        let found = node.scope(async move { NUMBERS.get_many(&ids()).await }).await;
        assert!(found.into_iter().eq((0..MANY).map(|id| Some(id + 1))));
        let invalidate = async move { _ = tenfold::invalidate_many(ids()).await };
        assert_sent_at_once(&servers, node.scope(invalidate)).await;
    }
}

#[tokio::test]
async fn a_batch_of_stored_items_costs_one_round_trip() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address());
    let url = proxy.url();
    assert_one_round_trip(&url, &[(server, proxy)], "rt").await;
}

#[tokio::test]
async fn a_batch_of_stored_items_costs_one_round_trip_to_each_master_of_a_cluster() {
    let (url, servers) = cluster_behind_proxies().await;
    assert_one_round_trip(&url, &servers, "rt").await;
}

/// Starts a Cluster whose masters are known by proxies before them.
async fn cluster_behind_proxies() -> (String, Vec<(Server, Proxy)>) {
    let cluster = Cluster::start(3, 0).await;
    let mut servers = Vec::new();
    for master in cluster.nodes() {
        let proxy = Proxy::to(master.address());
        let port = proxy.port().to_string();
        master.tell(&["CONFIG", "SET", "cluster-announce-port", &port]).await;
        servers.push((master.clone(), proxy));
    }
    // Each tells the others by gossip.
    let ports: Vec<_> = servers.iter().map(|(_, proxy)| format!(":{}@", proxy.port())).collect();
    let known = async || {
        for (server, _) in &servers {
            let nodes: String = server.ask(&["CLUSTER", "NODES"]).await;
            if !ports.iter().all(|port| nodes.contains(port)) {
                return None;
            }
        }
        Some(())
    };
    eventually("clients find the proxies", PATIENCE, known).await;
    (format!("redis-cluster://{}", servers[0].1.address()), servers)
}

#[tokio::test]
async fn the_companions_of_many_items_reach_another_node() {
    let server = Server::start().await;
    for backend in [Backend::Redis, Backend::Tiered] {
        let prefix = backend.to_string();
        let one = node(&server.url(), backend, &prefix).await;
        let other = node(&server.url(), backend, &prefix).await;
        let entries = (0..MANY).map(|id| (id, id + 1));
        one.scope(NUMBERS.put_many(entries)).await;
        let ids: Vec<_> = (0..=MANY).collect();
        let found = other.scope(NUMBERS.get_many(&ids)).await;
        assert!(found.iter().zip(1..).take(128).all(|(found, value)| *found == Some(value)));
        assert_eq!(found[128], None);
        other.scope(NUMBERS.invalidate_many(&ids[..10])).await;
        // The server pushes the invalidation to the memory of the other node.
        let left = async || {
            let left = one.scope(tenfold::peek_many(&ids)).await;
            (left.iter().flatten().count() == 118).then_some(())
        };
        eventually("ten are invalid", PATIENCE, left).await;
        let load = |missing: Vec<u64>| async move {
            assert_eq!(missing, [3, 128]);
            Ok::<_, String>(missing)
        };
        let loaded = one.scope(NUMBERS.get_or_load_many(&[3, 20, 128, 3], load)).await;
        assert_eq!(loaded.unwrap(), [3, 21, 128, 3]);
    }
}
