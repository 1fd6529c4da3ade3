//! Tags in Redis: what they send, what is on its way when a tag is invalidated, and outages.

use std::{sync::Arc, time::Duration};

use cachery::{Backend, Caches, Invalidation, cached, caches, config::CacheSettings};
use cachery_test_support::{
    Direction::{Replies, Requests},
    Probe, Proxy, Server, ended, eventually, spawn, until,
};
use redis::Value;

/// More than a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of entries of a tag, and of other tags.
const MANY: u64 = 300;
const BACKENDS: [Backend; 2] = [Backend::Redis, Backend::Tiered];

caches! {
    static TENANT: Tag<u64> = { name: "tags-tenant" };
    static KIND: Tag<u8> = { name: "tags-kind" };
    static AUTHOR: Tag<u64> = { name: "tags-author" };
    static BY_HAND: Cache<u64, usize> = { name: "tags-by-hand", ttl: 3600 };
}

#[cached(name = "tags-report", ttl = 3600, skip(probe), tags(TENANT(tenant), KIND(3)))]
async fn report(tenant: u64, day: u64, probe: Arc<Probe>) -> usize {
    probe.run().await
}

#[cached(cache = BY_HAND, skip(probe), tags(TENANT(tenant)))]
async fn by_hand(tenant: u64, probe: Arc<Probe>) -> usize {
    probe.run().await
}

/// Has two tags over its result.
#[cached(
    name = "tags-post",
    ttl = 3600,
    skip(probe),
    tags(TENANT(tenant), AUTHOR(result), KIND(3), AUTHOR(*result + 1000))
)]
async fn post(tenant: u64, number: u64, probe: Arc<Probe>) -> u64 {
    probe.run().await;
    number / 10
}

/// A server, and a node behind a proxy.
struct Place {
    server: Server,
    proxy: Proxy,
    node: Caches,
    backend: Backend,
}

impl Place {
    async fn of(backend: Backend) -> Self {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address());
        let node = node(backend, &server.url_through(&proxy)).await;
        Self { server, proxy, node, backend }
    }

    /// Builds a node that is not behind the proxy.
    async fn direct(&self) -> Caches {
        node(self.backend, &self.server.url()).await
    }

    /// Returns the commands that the server has run for clients, with their numbers.
    async fn commands(&self) -> Vec<(&'static str, u64)> {
        let mut commands = Vec::new();
        for command in ["evalsha", "mget", "get", "set", "del", "pexpire", "pttl"] {
            commands.push((command, self.server.calls(command).await));
        }
        commands
    }

    /// Returns the number of commands that `work` makes the server run.
    async fn sent_by(&self, work: impl Future<Output = ()>) -> Vec<(&'static str, u64)> {
        let before = self.commands().await;
        self.node.clone().scope(work).await;
        let after = self.commands().await.into_iter();
        after.zip(before).map(|((command, after), (_, before))| (command, after - before)).collect()
    }
}

async fn node(backend: Backend, url: &str) -> Caches {
    let settings = CacheSettings::new().backend(backend);
    let builder = Caches::builder().isolated().redis_url(url).all(settings);
    builder.remote_deadline(PATIENCE).build().await.expect("the server is there")
}

async fn load(tenant: u64, day: u64) {
    report(tenant, day, Probe::opened()).await;
}

#[tokio::test]
async fn a_tag_with_many_entries_among_many_tags_sends_what_one_with_one_entry_sends() {
    let place = Place::of(Backend::Tiered).await;
    let fill = async {
        load(1, 0).await;
        for number in 0..MANY {
            tokio::join!(load(2, number), by_hand(number, Probe::opened()));
            post(number, 20, Probe::opened()).await;
        }
    };
    place.node.clone().scope(fill).await;
    // The first use of a script may be two round trips.
    place.node.clone().scope(async { _ = TENANT.invalidate(&0).await }).await;
    let one = place.sent_by(async { _ = TENANT.invalidate(&1).await }).await;
    let many = place.sent_by(async { _ = TENANT.invalidate(&2).await }).await;
    assert_eq!(one, many);
    assert_eq!(one[0], ("evalsha", 1));
    let none = async {
        for day in 0..MANY {
            assert_eq!(report::peek(2, day).await, None);
        }
        assert!(by_hand::peek(3).await.is_some());
    };
    place.node.clone().scope(none).await;
}

#[tokio::test]
async fn a_read_with_tags_is_one_round_trip() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        place.direct().await.scope(load(1, 1)).await;
        // The state of the other node's connection does not matter for the one behind the proxy.
        let mget = place.server.calls("mget").await;
        place.proxy.stall(Replies);
        let call = spawn(place.node.clone().scope(async { report::peek(1, 1).await }));
        let asked = async || (place.server.calls("mget").await > mget).then_some(());
        eventually("Redis is asked", PATIENCE, asked).await;
        let sent = place.commands().await;
        place.proxy.pass();
        assert_eq!(ended(call).await.unwrap(), Some(1));
        assert_eq!(place.commands().await, sent, "nothing else is asked for");
    }
}

#[tokio::test]
async fn a_read_with_tags_over_the_result_is_two_round_trips() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        place.direct().await.scope(post(1, 11, Probe::opened())).await;
        // The connection is there.
        place.node.clone().scope(report::peek(9, 9)).await;
        let asked = async |command| place.server.calls(command).await;
        let before = (asked("mget").await, asked("get").await);
        place.proxy.stall(Replies);
        let call = spawn(place.node.clone().scope(async { post::peek(1, 11).await }));
        let first = async || (asked("mget").await > before.0).then_some(());
        eventually("Redis is asked", PATIENCE, first).await;
        let after_one = place.commands().await;
        place.proxy.pass();
        assert_eq!(ended(call).await.unwrap(), Some(1));
        let after_two = place.commands().await;
        // The generations of the four tags at once, and nothing else.
        let more = after_two.iter().zip(&after_one).map(|(two, one)| (two.0, two.1 - one.1));
        let more: Vec<_> = more.filter(|(_, count)| *count > 0).collect();
        assert_eq!(more, [("get", 4)]);
        assert!(after_one[1].1 == before.0 + 1);
    }
}

#[tokio::test]
async fn a_fill_with_tags_over_the_result_that_is_on_its_way_is_never_read_after_their_end() {
    for (backend, author) in BACKENDS.into_iter().zip([1, 1001]) {
        let place = Place::of(backend).await;
        let other = place.direct().await;
        // Scripts and connections are there.
        place.node.clone().scope(post(9, 90, Probe::opened())).await;
        let end = async || {
            let end = async { AUTHOR.invalidate(&author).await };
            assert_eq!(other.clone().scope(end).await, Invalidation::Everywhere);
        };
        let stored = async |node: &Caches| node.clone().scope(post::peek(1, 11)).await.is_some();
        // Between the load and the first of the two requests, and between these.
        for forwarded in [0, 1] {
            let probe = Probe::closed();
            let own = Arc::clone(&probe);
            let call = spawn(place.node.clone().scope(async move { post(1, 11, own).await }));
            until(|| probe.runs() == 1).await;
            let evalsha = place.server.calls("evalsha").await;
            let direction = if forwarded == 0 { Requests } else { Replies };
            place.proxy.stall(direction);
            probe.open();
            if forwarded == 0 {
                until(|| place.proxy.held(Requests) > 0).await;
            } else {
                let done = async || (place.server.calls("evalsha").await > evalsha).then_some(());
                eventually("the generations are drawn", PATIENCE, done).await;
            }
            end().await;
            place.proxy.pass();
            assert_eq!(ended(call).await.unwrap(), 1);
            assert!(!stored(&other).await, "{forwarded}");
            let gone = async || (!stored(&place.node).await).then_some(());
            eventually("memory follows", PATIENCE, gone).await;
            other.clone().scope(post(1, 11, Probe::opened())).await;
            assert!(stored(&place.node).await);
            end().await;
            let gone = async || (!stored(&place.node).await).then_some(());
            eventually("memory follows", PATIENCE, gone).await;
        }
    }
}

#[tokio::test]
async fn a_stamp_or_a_generation_that_redis_has_evicted_costs_a_miss_and_no_more() {
    let place = Place::of(Backend::Redis).await;
    let run = async || place.node.clone().scope(post(1, 11, Probe::opened())).await;
    let stored = async || place.node.clone().scope(post::peek(1, 11)).await.is_some();
    run().await;
    let keys = place.server.ask::<Vec<String>>(&["KEYS", "*#tags-author:*"]).await;
    let (stamps, generations): (Vec<_>, Vec<_>) =
        keys.iter().partition(|key| key.ends_with("#tags-author:stamp"));
    assert_eq!((stamps.len(), generations.len()), (1, 2), "{keys:?}");
    let left = place.server.ask::<u64>(&["PTTL", generations[0]]).await;
    assert!(left > 600_000, "it lives as long as the value: {left} ms");
    assert_eq!(place.server.command(&["DEL", stamps[0]]).await, Ok(Value::Int(1)));
    assert!(stored().await, "no reader needs the stamp");
    assert_eq!(place.server.command(&["DEL", generations[0]]).await, Ok(Value::Int(1)));
    assert!(!stored().await);
    run().await;
    assert!(stored().await);
    let probe = Probe::closed();
    let own = Arc::clone(&probe);
    let call = spawn(place.node.clone().scope(async move { post(2, 21, own).await }));
    until(|| probe.runs() == 1).await;
    assert_eq!(place.server.command(&["DEL", stamps[0]]).await, Ok(Value::Int(1)));
    probe.open();
    ended(call).await.unwrap();
    assert_eq!(place.node.clone().scope(post::peek(2, 21)).await, None, "nobody knows any more");
}

#[tokio::test]
async fn a_hit_in_memory_with_tags_asks_redis_for_nothing() {
    let place = Place::of(Backend::Tiered).await;
    place.node.clone().scope(load(1, 1)).await;
    place.node.clone().scope(post(1, 11, Probe::opened())).await;
    let sent = place.sent_by(async {
        for _ in 0..10 {
            load(1, 1).await;
            post(1, 11, Probe::opened()).await;
        }
    });
    assert!(sent.await.iter().all(|(_, count)| *count == 0));
}

#[tokio::test]
async fn a_fill_on_its_way_is_never_read_after_its_tag_was_invalidated_elsewhere() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        let other = place.direct().await;
        // Scripts and connections are there.
        place.node.clone().scope(load(9, 9)).await;
        let probe = Probe::closed();
        let own = Arc::clone(&probe);
        let call = spawn(place.node.clone().scope(async move { report(1, 1, own).await }));
        until(|| probe.runs() == 1).await;
        place.proxy.stall(Requests);
        probe.open();
        until(|| place.proxy.held(Requests) > 0).await;
        assert_eq!(
            other.clone().scope(async { TENANT.invalidate(&1).await }).await,
            Invalidation::Everywhere
        );
        place.proxy.pass();
        assert_eq!(ended(call).await.unwrap(), 1);
        assert_eq!(other.clone().scope(report::peek(1, 1)).await, None);
        let gone =
            async || place.node.clone().scope(report::peek(1, 1)).await.is_none().then_some(());
        eventually("memory follows", PATIENCE, gone).await;
        other.scope(load(1, 1)).await;
        assert_eq!(place.node.clone().scope(report::peek(1, 1)).await, Some(1));
    }
}

#[tokio::test]
async fn a_read_on_its_way_is_not_kept_after_its_tag_was_invalidated_elsewhere() {
    let place = Place::of(Backend::Tiered).await;
    let other = place.direct().await;
    other.clone().scope(load(1, 1)).await;
    let mget = place.server.calls("mget").await;
    place.proxy.stall(Replies);
    let call = spawn(place.node.clone().scope(async { report::peek(1, 1).await }));
    let asked = async || (place.server.calls("mget").await > mget).then_some(());
    eventually("Redis is asked", PATIENCE, asked).await;
    other.scope(async { _ = TENANT.invalidate(&1).await }).await;
    place.proxy.pass();
    // It began before the invalidation.
    assert_eq!(ended(call).await.unwrap(), Some(1));
    let gone = async || place.node.clone().scope(report::peek(1, 1)).await.is_none().then_some(());
    eventually("memory follows", PATIENCE, gone).await;
}

#[tokio::test]
async fn a_caller_after_an_invalidation_does_not_wait_for_a_load_from_before_it() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        let other = place.direct().await;
        let [old, new] = [Probe::closed(), Probe::opened()];
        let own = Arc::clone(&old);
        let call = spawn(place.node.clone().scope(async move { report(1, 1, own).await }));
        until(|| old.runs() == 1).await;
        other.clone().scope(async { _ = TENANT.invalidate(&1).await }).await;
        // The lease of the first load stands.
        other.clone().scope(async { report(1, 1, new).await }).await;
        old.open();
        ended(call).await.unwrap();
        assert!(other.scope(report::peek(1, 1)).await.is_some(), "the newer value stays");
    }
}

#[tokio::test]
async fn a_value_read_by_hand_ends_with_the_tags_that_it_has() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        let other = place.direct().await;
        place.node.clone().scope(by_hand(7, Probe::opened())).await;
        let peek = async || other.clone().scope(async { BY_HAND.get(&7).await }).await;
        assert_eq!((peek().await, peek().await), (Some(1), Some(1)));
        other.clone().scope(async { _ = TENANT.invalidate(&8).await }).await;
        assert_eq!(peek().await, Some(1));
        place.node.clone().scope(async { _ = TENANT.invalidate(&7).await }).await;
        eventually("memory follows", PATIENCE, async || peek().await.is_none().then_some(())).await;
    }
}

#[tokio::test]
async fn a_tag_that_is_invalidated_in_an_outage_is_queued_and_done_before_the_first_read() {
    for backend in BACKENDS {
        let place = Place::of(backend).await;
        place.node.clone().scope(load(1, 1)).await;
        place.proxy.refuse();
        let cut_off = async || {
            let health = place.node.health().await;
            (health.servers[0].breaker == cachery::health::Breaker::Open).then_some(())
        };
        eventually("it is cut off", PATIENCE, cut_off).await;
        let reach = place.node.clone().scope(async { TENANT.invalidate(&1).await }).await;
        assert_eq!(reach, Invalidation::Queued);
        assert_eq!(place.node.clone().scope(report::peek(1, 1)).await, None);
        place.proxy.pass();
        let is_back = async || {
            assert_eq!(place.node.clone().scope(report::peek(1, 1)).await, None);
            let health = place.node.health().await;
            (health.status == cachery::health::Status::Up).then_some(())
        };
        eventually("its health is good", PATIENCE, is_back).await;
        for node in [&place.node, &place.direct().await] {
            assert_eq!(node.clone().scope(report::peek(1, 1)).await, None);
        }
    }
}

#[tokio::test]
async fn a_generation_that_redis_has_evicted_costs_a_miss_and_no_more() {
    let place = Place::of(Backend::Redis).await;
    place.node.clone().scope(load(1, 1)).await;
    let keys = place.server.ask::<Vec<String>>(&["KEYS", "*#tags-tenant:*"]).await;
    let [generation] = keys.as_slice() else { panic!("{keys:?}") };
    let left = place.server.ask::<u64>(&["PTTL", generation]).await;
    assert!(left > 600_000, "it lives as long as the value: {left} ms");
    assert_eq!(place.server.command(&["DEL", generation]).await, Ok(Value::Int(1)));
    assert_eq!(place.node.clone().scope(report::peek(1, 1)).await, None);
    place.node.clone().scope(load(1, 1)).await;
    assert!(place.node.scope(report::peek(1, 1)).await.is_some());
}
