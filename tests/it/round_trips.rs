//! Several invalidations, and each form of a companion for many items, cost one round trip, however
//! many they are: no reply comes back before Redis has got all of them, so none of them waits for
//! the reply to another.

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

#[cached(name = "round-trips-tenfold", ttl = 60, batch = ids)]
async fn tenfold(ids: &[u64]) -> Result<Vec<u64>, String> {
    Ok(ids.iter().map(|id| id * 10).collect())
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

async fn node(url: &str, backend: Backend, budget: Duration) -> Caches {
    let settings = CacheSettings::new().backend(backend);
    let builder = Caches::builder().isolated().redis_url(url).all(settings);
    builder.remote_deadline(budget).build().await.expect("the server is there")
}

impl Place {
    async fn of(backend: Backend) -> Self {
        Self::within(backend, PATIENCE).await
    }

    /// The same with this budget of a call.
    async fn within(backend: Backend, budget: Duration) -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address());
        let node = node(&proxy.url(), backend, budget).await;
        assert_eq!(node.scope(order::invalidate(0)).await, Invalidation::Everywhere);
        assert_eq!(
            node.scope(async { total::cache().clear().await }).await,
            Invalidation::Everywhere
        );
        Self { server, proxy, node }
    }

    /// Puts values with both caches, whose generations and scripts are known then, and waits until the
    /// link has read the server's clock.
    async fn warm(&self) {
        let read = async || (self.server.calls("time").await > 0).then_some(());
        eventually("the clock is read", PATIENCE, read).await;
        let put = async {
            tenfold::put_many([(MANY, 0)]).await;
            USERS.put_many([(MANY, String::new())]).await;
        };
        self.node.scope(put).await;
    }

    /// Puts a new node in the place of the node, whose memory it does not have.
    async fn restart(self, backend: Backend) -> Self {
        Self { node: node(&self.proxy.url(), backend, PATIENCE).await, ..self }
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
        self.sends("evalsha", invalidations, work).await
    }

    /// The same of so many commands of this name. No other may come before them.
    async fn sends<T>(
        &self,
        command: &str,
        number: u64,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T
    where
        T: Send + 'static,
    {
        let before = self.server.calls(command).await;
        self.proxy.stall(Direction::Replies);
        let working: JoinHandle<T> = tokio::spawn(self.node.scope(work));
        let received = async || self.server.calls(command).await - before;
        let all = async || (received().await == number).then_some(());
        eventually("Redis has got all", PATIENCE, all).await;
        assert!(!working.is_finished(), "it waits for the replies");
        self.proxy.pass();
        let done = working.await.expect("no panic");
        assert_eq!(received().await, number, "one round trip was enough");
        done
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
async fn each_form_for_many_items_costs_one_round_trip() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        place.warm().await;
        let ids = || (0..MANY).collect::<Vec<_>>();
        let entries = || (0..MANY).map(|id| (id, id + 1));
        place.sends_at_once(MANY, async move { tenfold::put_many(entries()).await }).await;
        let names = move || entries().map(|(id, value)| (id, value.to_string()));
        place.sends_at_once(MANY, async move { USERS.put_many(names()).await }).await;
        let place = place.restart(backend).await;
        let peeked = place.sends("mget", MANY, async move { tenfold::peek_many(ids()).await });
        let all: Vec<_> = entries().map(|(_, value)| Some(value)).collect();
        assert_eq!(peeked.await, all);
        let got = place.sends("mget", MANY, async move { USERS.get_many(&ids()).await }).await;
        assert_eq!(got.iter().flatten().count() as u64, MANY);
        let work = async move { tenfold::invalidate_many(ids()).await };
        assert_eq!(place.sends_at_once(MANY, work).await, Invalidation::Everywhere);
        let left = async { tenfold::peek_many(ids()).await };
        assert!(place.node.scope(left).await.iter().all(Option::is_none));
    }
}

#[tokio::test]
async fn values_that_are_put_in_a_cleared_cache_are_found() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        place.warm().await;
        let other = node(&place.server.url(), backend, PATIENCE).await;
        let cleared = other.scope(async { tenfold::cache().clear().await }).await;
        assert_eq!(cleared, Invalidation::Everywhere);
        let put = async { tenfold::put_many((0..MANY).map(|id| (id, id + 1))).await };
        place.node.scope(put).await;
        for node in [&place.node, &other] {
            let found = node.scope(tenfold::peek_many((0..MANY).collect::<Vec<_>>())).await;
            assert_eq!(found.iter().flatten().count() as u64, MANY);
        }
    }
}

#[tokio::test]
async fn of_two_values_of_one_key_that_are_put_together_the_last_one_counts() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        place.warm().await;
        // A large value has a connection of its own, and would come later.
        let values = ["x".repeat(200 * 1024), "the last one".to_owned()];
        let put = USERS.put_many(values.map(|value| (1, value)));
        place.node.scope(put).await;
        let other = node(&place.server.url(), backend, PATIENCE).await;
        for node in [&place.node, &other] {
            assert_eq!(node.scope(USERS.get(&1)).await.as_deref(), Some("the last one"));
        }
    }
}

#[tokio::test]
async fn values_are_put_where_scripts_are_refused_the_time() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        place.warm().await;
        place.server.tell(&["ACL", "SETUSER", "default", "-time"]).await;
        let put = async {
            for _ in 0..2 {
                tenfold::put_many((0..MANY).map(|id| (id, id + 1))).await;
            }
        };
        place.node.scope(put).await;
        let other = node(&place.server.url(), backend, PATIENCE).await;
        let found = other.scope(tenfold::peek_many((0..MANY).collect::<Vec<_>>())).await;
        assert_eq!(found.iter().flatten().count() as u64, MANY);
    }
}

#[tokio::test]
async fn values_that_are_put_and_come_late_are_not_stored() {
    for backend in BACKENDS {
        let place = Place::within(backend, Duration::from_millis(500)).await;
        place.warm().await;
        let before = async { tenfold::put_many((0..MANY).map(|id| (id, id))).await };
        place.node.scope(before).await;
        place.proxy.stall(Direction::Requests);
        let late = async { tenfold::put_many((0..MANY).map(|id| (id, id + 1))).await };
        place.node.scope(late).await;
        let other = node(&place.server.url(), backend, PATIENCE).await;
        let ids = || (0..MANY).collect::<Vec<_>>();
        let invalidated = other.scope(async { tenfold::invalidate_many(ids()).await }).await;
        assert_eq!(invalidated, Invalidation::Everywhere);
        let evaluated = place.server.calls("evalsha").await;
        place.proxy.pass();
        let came = async || (place.server.calls("evalsha").await > evaluated).then_some(());
        eventually("the values come", PATIENCE, came).await;
        let found = other.scope(tenfold::peek_many(ids())).await;
        assert!(found.iter().all(Option::is_none), "{found:?}");
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
