//! Two nodes on a server that does not push and whose messages are lost at random: what the one
//! invalidates, the other does not keep.

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use cachery::{
    Backend, Caches, Invalidation, cached,
    config::CacheSettings,
    health::{Push, Status},
};
use cachery_test_support::{Server, eventually};
use fastrand::Rng;

const KEYS: usize = 60;
const PATIENCE: Duration = Duration::from_secs(20);
/// Long, because the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(5);
/// All rights but the one for pushes.
const RIGHTS: &str = "~* &* +@all -client|tracking";

/// The truth, which only grows.
static TRUTH: [AtomicU64; KEYS] = [const { AtomicU64::new(0) }; KEYS];

#[cached(name = "feed-truth", ttl = 3600)]
async fn truth(key: usize) -> u64 {
    TRUTH[key].load(SeqCst)
}

struct Place {
    redis: Server,
    reader: Caches,
    writer: Caches,
}

impl Place {
    async fn start() -> Self {
        let redis = Server::with(|config| {
            config.user("reader", "secret", RIGHTS).line(format!("user writer on >secret {RIGHTS}"))
        })
        .await;
        let reader = node(&redis.url(), Backend::Tiered).await;
        let writer = redis.url().replace("reader:", "writer:");
        let writer = node(&writer, Backend::Redis).await;
        Self { redis, reader, writer }
    }

    /// Invalidates the key, whose value has changed. The message reaches nobody if `is_lost`.
    async fn invalidate(&self, key: usize, is_lost: bool) {
        let right = if is_lost { "-publish" } else { "+publish" };
        self.redis.tell(&["ACL", "SETUSER", "writer", right]).await;
        TRUTH[key].fetch_add(1, SeqCst);
        let told = self.writer.scope(truth::invalidate(key)).await;
        assert_eq!(told, Invalidation::Everywhere);
    }

    async fn read(&self, key: usize) -> u64 {
        self.reader.scope(truth(key)).await
    }
}

async fn node(url: &str, backend: Backend) -> Caches {
    let settings = CacheSettings::new().backend(backend).jitter(0.0);
    let builder = Caches::builder().isolated().redis_url(url).all(settings);
    let node = builder.remote_deadline(DEADLINE).build().await.expect("it is there");
    eventually("it listens", PATIENCE, async || {
        let health = node.health().await;
        (health.status == Status::Up && health.servers[0].push == Push::Subscribed).then_some(())
    })
    .await;
    node
}

/// The number of messages to lose.
fn wanted() -> usize {
    env::var("CACHERY_LOSSES").map_or(300, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_messages_are_lost_the_other_node_keeps_nothing_that_was_invalidated() {
    let place = Place::start().await;
    let mut rng = Rng::new();
    let mut lost = 0;
    while lost < wanted() {
        for (key, value) in TRUTH.iter().enumerate() {
            let value = value.load(SeqCst);
            // The second time from memory.
            assert_eq!([place.read(key).await, place.read(key).await], [value, value]);
        }
        if rng.u8(..) < 40 {
            place.redis.tell(&["DEL", "cachery:#changes"]).await;
        }
        for key in 0..KEYS {
            let is_lost = rng.bool();
            place.invalidate(key, is_lost).await;
            lost += usize::from(is_lost);
        }
        for (key, value) in TRUTH.iter().enumerate() {
            eventually("memory follows, or is emptied", PATIENCE, async || {
                (place.read(key).await == value.load(SeqCst)).then_some(())
            })
            .await;
        }
    }
    let stats = place.reader.sync_scope(truth::cache).stats();
    assert!(stats.hits > stats.remote.hits, "memory served: {stats:?}");
    assert_eq!(place.reader.health().await.status, Status::Up);
}
