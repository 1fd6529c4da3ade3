//! Several invalidations cost one round trip, however many they are: no reply comes back before
//! Redis has got all of them, so none of them waits for the reply to another.

use std::time::Duration;

use cachery::{
    Backend, Caches, Invalidation, Invalidations, cached, caches, config::CacheSettings, invalidate,
};
use cachery_test_support::{Direction, Proxy, Server, eventually};
use tokio::task::JoinHandle;

/// The budget of a call, and the limit of a wait for Redis. Long, because the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(10);
const BACKENDS: [Backend; 2] = [Backend::Redis, Backend::Tiered];
const MANY: u64 = 100;

caches! {
    static USERS: Cache<u64, String> = { name: "round-trips-users", ttl: 60 };
}

#[cached(name = "round-trips-order", ttl = 60)]
async fn order(id: u64) -> u64 {
    id
}

#[cached(name = "round-trips-orders-of", ttl = 60)]
async fn orders_of(user: &str, open: bool) -> u64 {
    _ = (user, open);
    1
}

#[cached(name = "round-trips-total", ttl = 60)]
async fn total() -> u64 {
    1
}

#[invalidate(
    order(id),
    order(result),
    orders_of(user, true),
    orders_of(user, false),
    USERS(id),
    all(total)
)]
async fn cancel(id: u64, user: &'static str) -> u64 {
    id + 1
}

/// The number of invalidations of `cancel`.
const OF_CANCEL: u64 = 6;

#[invalidate(before, order(id), order(id + 1), USERS(id))]
async fn cancel_before(id: u64) {}

/// The number of invalidations of `cancel_before`.
const OF_CANCEL_BEFORE: u64 = 3;

/// A node behind a proxy. Redis knows all scripts already, because the first use of one is two
/// round trips.
struct Place {
    server: Server,
    proxy: Proxy,
    node: Caches,
}

impl Place {
    async fn of(backend: Backend) -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address());
        let settings = CacheSettings::new().backend(backend);
        let builder = Caches::builder().isolated().redis_url(proxy.url()).all(settings);
        let node = builder.remote_deadline(PATIENCE).build().await.expect("the server is there");
        assert_eq!(node.scope(order::invalidate(0)).await, Invalidation::Everywhere);
        assert_eq!(
            node.scope(async { total::cache().clear().await }).await,
            Invalidation::Everywhere
        );
        Self { server, proxy, node }
    }

    /// Returns the outcome of `work`, which must send so many invalidations, nothing else, and all
    /// of them before it gets a reply.
    async fn sends_at_once<T>(
        &self,
        invalidations: u64,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T
    where
        T: Send + 'static,
    {
        let before = self.received().await;
        self.proxy.stall(Direction::Replies);
        let working: JoinHandle<T> = tokio::spawn(self.node.scope(work));
        let all = async || (self.received().await == before + invalidations).then_some(());
        eventually("Redis has got all", PATIENCE, all).await;
        assert!(!working.is_finished(), "it waits for the replies");
        self.proxy.pass();
        let done = working.await.expect("no panic");
        assert_eq!(self.received().await, before + invalidations, "one round trip was enough");
        done
    }

    async fn received(&self) -> u64 {
        self.server.calls("evalsha").await
    }
}

#[tokio::test]
async fn many_keys_of_a_declared_cache_cost_one_round_trip() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        let fill = async || {
            for id in 0..=MANY {
                USERS.put(&id, id.to_string()).await;
            }
        };
        place.node.scope(fill()).await;
        let keys: Vec<_> = (0..MANY).collect();
        let work = async move { USERS.invalidate_many(&keys).await };
        assert_eq!(place.sends_at_once(MANY, work).await, Invalidation::Everywhere);
        let left = async {
            for id in 0..MANY {
                assert!(!USERS.contains(&id).await);
            }
            USERS.contains(&MANY).await
        };
        assert!(place.node.scope(left).await, "another key");
    }
}

#[tokio::test]
async fn several_targets_of_one_attribute_cost_one_round_trip() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        let fill = async {
            order(1).await;
            order(2).await;
            order(3).await;
            total().await;
            orders_of("ada", true).await;
            orders_of("ada", false).await;
        };
        place.node.scope(fill).await;
        assert_eq!(place.sends_at_once(OF_CANCEL, cancel(1, "ada")).await, 2);
        let left = async {
            assert_eq!(
                (order::peek(1).await, order::peek(2).await, order::peek(3).await),
                (None, None, Some(3))
            );
            assert_eq!(
                (orders_of::peek("ada", true).await, orders_of::peek("ada", false).await),
                (None, None)
            );
            assert_eq!(total::peek().await, None);
        };
        place.node.scope(left).await;
    }
}

#[tokio::test]
async fn collected_targets_of_several_caches_cost_one_round_trip() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        let mut later: Invalidations = (0..20).map(order::target).collect();
        later.extend((0..20).map(|id| USERS.target(&id)));
        let work = async move {
            later.add(total::cache().target());
            later.apply().await
        };
        assert_eq!(place.sends_at_once(41, work).await, Invalidation::Everywhere);
    }
}

#[tokio::test]
async fn several_targets_before_the_body_cost_one_round_trip() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        place.sends_at_once(OF_CANCEL_BEFORE, cancel_before(1)).await;
    }
}
