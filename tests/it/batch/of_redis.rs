//! Batches in Redis: one round trip, and companions that reach another node.

use std::time::Duration;

use cachery::{Backend, Caches, cached, caches, config::CacheSettings};
use cachery_test_support::{Direction, Proxy, Server, eventually};

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

async fn node(url: &str, backend: Backend, prefix: &str) -> Caches {
    let settings = CacheSettings::new().backend(backend);
    let builder = Caches::builder().isolated().redis_url(url).prefix(prefix).all(settings);
    builder.remote_deadline(PATIENCE).build().await.expect("the server is there")
}

#[tokio::test]
async fn a_batch_of_stored_items_costs_one_round_trip() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address());
    let ids: Vec<_> = (0..MANY).collect();
    let writer = node(&server.url(), Backend::Redis, "rt").await;
    let tens: Vec<_> = (0..MANY).map(|id| id * 10).collect();
    assert_eq!(writer.scope(tenfold(&ids)).await.unwrap(), tens);
    for backend in [Backend::Redis, Backend::Tiered] {
        let reader = node(&proxy.url(), backend, "rt").await;
        let before = server.calls("mget").await;
        proxy.stall(Direction::Replies);
        let asked = ids.clone();
        let working = tokio::spawn(reader.scope(async move { tenfold(&asked).await }));
        let all = async || (server.calls("mget").await == before + MANY).then_some(());
        eventually("Redis has got all", PATIENCE, all).await;
        assert!(!working.is_finished(), "it waits for the replies");
        proxy.pass();
        assert_eq!(working.await.unwrap().unwrap(), tens);
        assert_eq!(server.calls("mget").await, before + MANY);
        let stats = reader.sync_scope(|| NUMBERS.stats());
        assert_eq!((stats.remote.hits, stats.loads, stats.batch.hit), (MANY, 0, MANY));
    }
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
