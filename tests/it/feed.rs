//! Two nodes on a server, or on a Cluster, that does not push and whose messages are lost at random:
//! what the one invalidates, the other does not keep.

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
use cachery_test_support::{Cluster, Config, Server, eventually};
use fastrand::Rng;

const KEYS: usize = 60;
const PATIENCE: Duration = Duration::from_secs(20);
/// Long, because the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(5);
/// All rights but the one for pushes.
const RIGHTS: &str = "~* &* +@all -client|tracking";
/// The key of the feed.
const FEED: &str = "cachery:#changes";

/// The truth, which only grows: one for each test, because they run side by side.
static TRUTH: [[AtomicU64; KEYS]; 5] = [const { [const { AtomicU64::new(0) }; KEYS] }; 5];

#[cached(name = "feed-truth", ttl = 3600)]
async fn truth(test: usize, key: usize) -> u64 {
    TRUTH[test][key].load(SeqCst)
}

/// A server or a Cluster.
enum Deployment {
    Server(Server),
    Cluster(Cluster),
}

impl Deployment {
    fn url(&self) -> String {
        match self {
            Self::Server(server) => server.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    fn servers(&self) -> &[Server] {
        match self {
            Self::Server(server) => std::slice::from_ref(server),
            Self::Cluster(cluster) => cluster.nodes(),
        }
    }

    /// Loses the feed, as an eviction does.
    async fn lose_feed(&self) {
        let server = match self {
            Self::Server(server) => server.clone(),
            Self::Cluster(cluster) => cluster.master_of(FEED).await,
        };
        server.tell(&["DEL", FEED]).await;
    }
}

struct Place {
    redis: Deployment,
    reader: Caches,
    writer: Caches,
    /// The index of the truth.
    test: usize,
}

impl Place {
    async fn server(test: usize) -> Self {
        Self::of(Deployment::Server(Server::with(users).await), test).await
    }

    async fn cluster(test: usize) -> Self {
        Self::of(Deployment::Cluster(Cluster::with(3, 0, users).await), test).await
    }

    async fn of(redis: Deployment, test: usize) -> Self {
        let reader = node(&redis.url(), Backend::Tiered).await;
        let writer = redis.url().replace("reader:", "writer:");
        let writer = node(&writer, Backend::Redis).await;
        Self { redis, reader, writer, test }
    }

    /// Changes the rights of the writer.
    async fn grant(&self, right: &str) {
        for server in self.redis.servers() {
            server.tell(&["ACL", "SETUSER", "writer", right]).await;
        }
    }

    /// Invalidates the key, whose value has changed.
    async fn invalidate(&self, key: usize) -> Invalidation {
        TRUTH[self.test][key].fetch_add(1, SeqCst);
        self.writer.scope(truth::invalidate(self.test, key)).await
    }

    async fn read(&self, key: usize) -> u64 {
        self.reader.scope(truth(self.test, key)).await
    }

    /// Waits until the reader returns what is true of each key.
    async fn follows(&self) {
        for (key, value) in TRUTH[self.test].iter().enumerate() {
            eventually("memory follows, or is emptied", PATIENCE, async || {
                (self.read(key).await == value.load(SeqCst)).then_some(())
            })
            .await;
        }
    }

    /// Waits until one invalidation has ended one value in the reader's memory, and no other. A
    /// message that is lost empties all of it, and so does a pulse that is late on a busy machine.
    async fn hears(&self) {
        eventually("a message ends one value", PATIENCE, async || {
            self.follows().await;
            let before = self.reader.sync_scope(truth::cache).stats();
            self.invalidate(0).await;
            self.follows().await;
            let since = self.reader.sync_scope(truth::cache).stats().since(&before);
            (since.loads == 1 && since.remote.hits == 0).then_some(())
        })
        .await;
    }

    /// Invalidates all keys again and again, and loses so many messages.
    async fn lose(&self, wanted: usize) {
        let mut rng = Rng::new();
        let mut lost = 0;
        while lost < wanted {
            for (key, value) in TRUTH[self.test].iter().enumerate() {
                let value = value.load(SeqCst);
                // The second time from memory.
                assert_eq!([self.read(key).await, self.read(key).await], [value, value]);
            }
            if rng.u8(..) < 40 {
                self.redis.lose_feed().await;
            }
            for key in 0..KEYS {
                let is_lost = rng.bool();
                self.grant(if is_lost { "-publish" } else { "+publish" }).await;
                assert_eq!(self.invalidate(key).await, Invalidation::Everywhere);
                lost += usize::from(is_lost);
            }
            self.follows().await;
        }
        self.grant("+publish").await;
        let stats = self.reader.sync_scope(truth::cache).stats();
        assert!(stats.hits > stats.remote.hits, "memory served: {stats:?}");
        assert_eq!(self.reader.health().await.status, Status::Up);
    }
}

fn users(config: &mut Config) -> &mut Config {
    config.user("reader", "secret", RIGHTS).line(format!("user writer on >secret {RIGHTS}"))
}

async fn node(url: &str, backend: Backend) -> Caches {
    let settings = CacheSettings::new().backend(backend).jitter(0.0);
    let builder = Caches::builder().isolated().redis_url(url).all(settings);
    let node = builder.remote_deadline(DEADLINE).build().await.expect("it is there");
    listens(&node).await;
    node
}

/// Waits until the node hears of all servers by their feed.
async fn listens(node: &Caches) {
    eventually("it listens", PATIENCE, async || {
        let health = node.health().await;
        let by_feed = health.servers.iter().all(|server| server.push == Push::Subscribed);
        (health.status == Status::Up && by_feed).then_some(())
    })
    .await;
}

/// The number of messages to lose.
fn wanted() -> usize {
    env::var("CACHERY_LOSSES").map_or(300, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_messages_are_lost_the_other_node_keeps_nothing_that_was_invalidated() {
    Place::server(0).await.lose(wanted()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_on_a_cluster() {
    Place::cluster(1).await.lose(wanted()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_ends_the_value_that_was_invalidated_and_no_other() {
    Place::server(3).await.hears().await;
    Place::cluster(4).await.hears().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_of_a_cluster_is_followed_to_another_master() {
    let place = Place::cluster(2).await;
    let Deployment::Cluster(cluster) = &place.redis else { unreachable!("it is a Cluster") };
    for _ in 0..6 {
        place.follows().await;
        cluster.begin_to_move_slot_of(FEED).await;
        // While the masters change, what cannot be told is queued.
        tokio::join!(cluster.end_to_move_slot_of(FEED), async {
            for key in 0..KEYS {
                place.invalidate(key).await;
            }
        });
        place.follows().await;
    }
    listens(&place.reader).await;
    place.hears().await;
}
