//! Memory while no pushes arrive.

use std::{sync::Arc, time::Duration};

use cachery::{
    Backend, Caches,
    config::Fallback,
    health::{Breaker, Push, Status},
};
use cachery_test_support::{Probe, eventually};

use super::{
    functions::number,
    place::{PATIENCE, Place, becomes, health, recovers},
};

/// The life of an entry in memory while its node is cut off, by default.
const OUTAGE_TTL: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);

async fn call(node: &Caches, probe: &Arc<Probe>) -> usize {
    node.scope(number(1, probe)).await
}

/// Cuts `node` off, and waits until its breaker is open.
async fn cut_off(place: &Place, node: &Caches) {
    place.proxy.refuse();
    becomes(node, "it is cut off", |health| health.servers[0].breaker == Breaker::Open).await;
}

/// Checks that memory serves its entry for the outage ttl and no longer.
async fn lives_for_the_outage_ttl(node: &Caches, probe: &Arc<Probe>) {
    let before = call(node, probe).await;
    node.clock().advance(OUTAGE_TTL.saturating_sub(SECOND));
    assert_eq!(call(node, probe).await, before, "it ended before its time");
    node.clock().advance(SECOND);
    assert_eq!(call(node, probe).await, before + 1, "it was served after its time");
}

#[tokio::test]
async fn what_a_tiered_cache_had_lives_for_the_outage_ttl() {
    let place = Place::start().await;
    let (node, probe) = (place.node(Backend::Tiered).await, Probe::opened());
    node.clock().stop();
    call(&node, &probe).await;
    cut_off(&place, &node).await;
    lives_for_the_outage_ttl(&node, &probe).await;
    assert_eq!(probe.runs(), 2);
}

#[tokio::test]
async fn what_is_loaded_in_an_outage_lives_for_the_outage_ttl() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let place = Place::start().await;
        let (node, probe) = (place.node(backend).await, Probe::opened());
        node.clock().stop();
        cut_off(&place, &node).await;
        lives_for_the_outage_ttl(&node, &probe).await;
        lives_for_the_outage_ttl(&node, &probe).await;
    }
}

#[tokio::test]
async fn without_fallback_a_redis_cache_keeps_nothing_in_an_outage() {
    let place = Place::start().await;
    let node = place.node_with(Backend::Redis, |builder| builder.fallback(Fallback::Off)).await;
    let probe = Probe::opened();
    call(&node, &probe).await;
    cut_off(&place, &node).await;
    assert_eq!((call(&node, &probe).await, call(&node, &probe).await), (2, 3));
    assert_eq!(node.scope(number::peek(1)).await, None);
    place.proxy.pass();
    recovers(&node, &place.direct_node().await).await;
    assert_eq!(call(&node, &probe).await, 1, "what was stored before is there");
}

#[tokio::test]
async fn what_changed_elsewhere_in_an_outage_is_seen_after_it() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let place = Place::start().await;
        let (node, other, probe) =
            (place.node(backend).await, place.direct_node().await, Probe::opened());
        call(&node, &probe).await;
        cut_off(&place, &node).await;
        other.scope(number::put(1, 1000)).await;
        // Memory keeps it for both backends.
        call(&node, &probe).await;
        assert_ne!(call(&node, &probe).await, 1000);
        place.proxy.pass();
        recovers(&node, &other).await;
        assert_eq!(call(&node, &probe).await, 1000, "memory was not emptied");
    }
}

#[tokio::test]
async fn where_push_is_forbidden_a_tiered_cache_keeps_values_for_the_outage_ttl() {
    let place = Place::start().await;
    place.grant(&["-client", "-publish"]).await;
    let (node, probe) = (place.node(Backend::Tiered).await, Probe::opened());
    node.clock().stop();
    let health = eventually("the server is found out", PATIENCE, async || {
        let health = health(&node).await;
        (health.status == Status::Degraded).then_some(health)
    });
    let health = health.await;
    let server = &health.servers[0];
    assert_eq!(server.push, Push::Forbidden);
    assert!(server.problems[0].contains("+client|tracking"), "{:?}", server.problems);

    let other = place.direct_node().await;
    assert_eq!(call(&node, &probe).await, 1);
    other.scope(number::put(1, 1000)).await;
    node.clock().advance(OUTAGE_TTL.saturating_sub(SECOND));
    assert_eq!(call(&node, &probe).await, 1, "memory serves until then");
    node.clock().advance(SECOND);
    assert_eq!(call(&node, &probe).await, 1000);
}

#[tokio::test]
async fn a_server_that_was_emptied_empties_memory() {
    let place = Place::start().await;
    let (node, probe) = (place.node(Backend::Tiered).await, Probe::opened());
    call(&node, &probe).await;
    place.server.tell(&["FLUSHALL"]).await;
    eventually("memory is empty", PATIENCE, async || {
        (call(&node, &probe).await == 2).then_some(())
    })
    .await;
}
