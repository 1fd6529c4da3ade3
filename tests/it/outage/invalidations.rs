//! No outage loses an invalidation: one that waits is done before anything is read.

use std::sync::Arc;

use cachery::{
    Backend, Caches, Invalidation,
    health::{Breaker, Status},
};
use cachery_test_support::{Probe, eventually};

use super::{
    functions::number,
    place::{PATIENCE, Place, becomes, recovers, returns},
};

async fn call(node: &Caches, probe: &Arc<Probe>) -> usize {
    node.scope(number(1, probe)).await
}

/// Starts a server with a value, and a node that is cut off from it.
async fn cut_off(backend: Backend) -> (Place, Caches, Arc<Probe>) {
    let place = Place::start().await;
    let (node, probe) = (place.node(backend).await, Probe::opened());
    assert_eq!((call(&node, &probe).await, call(&node, &probe).await), (1, 1));
    place.proxy.refuse();
    becomes(&node, "it is cut off", |health| health.servers[0].breaker == Breaker::Open).await;
    (place, node, probe)
}

/// Checks that `node` does not read the invalidated value until its health is good and afterwards,
/// and that another node does not either.
async fn it_does_not_come_back(place: &Place, node: &Caches) {
    eventually("its health is good", PATIENCE, async || {
        assert_eq!(node.scope(number::peek(1)).await, None, "the value came back");
        let health = node.health().await;
        (health.status == Status::Up).then_some(())
    })
    .await;
    let direct = place.direct_node().await;
    for node in [node, &direct] {
        assert_eq!(node.scope(number::peek(1)).await, None);
    }
}

#[tokio::test]
async fn an_invalidation_in_an_outage_is_queued_and_done_before_the_first_read() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let (place, node, probe) = cut_off(backend).await;
        assert_eq!(returns(node.scope(number::invalidate(1))).await, Invalidation::Queued);
        let health = node.health().await;
        assert_eq!(health.servers[0].queued, 1, "health shows it");
        place.proxy.pass();
        it_does_not_come_back(&place, &node).await;
        assert_eq!(call(&node, &probe).await, 2);
        let health =
            becomes(&node, "its health is good", |health| health.status == Status::Up).await;
        assert_eq!(health.servers[0].queued, 0);
    }
}

#[tokio::test]
async fn a_clear_in_an_outage_too() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let (place, node, _) = cut_off(backend).await;
        let cache = node.sync_scope(number::cache);
        assert_eq!(returns(cache.clear()).await, Invalidation::Queued);
        place.proxy.pass();
        it_does_not_come_back(&place, &node).await;
    }
}

#[tokio::test]
async fn a_put_in_an_outage_does_not_outlive_it() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let (place, node, _) = cut_off(backend).await;
        returns(node.scope(number::put(1, 1000))).await;
        assert_eq!(node.scope(number::peek(1)).await, Some(1000));
        place.proxy.pass();
        recovers(&node, &place.direct_node().await).await;
        assert_eq!(
            node.scope(number::peek(1)).await,
            None,
            "the value that it replaces is gone, for all nodes"
        );
    }
}

#[tokio::test]
async fn an_invalidation_that_a_restart_with_older_data_undoes_is_done_again() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let place = Place::start().await;
        let (node, probe) = (place.node(backend).await, Probe::opened());
        call(&node, &probe).await;
        let older = place.server.save().await;
        assert_eq!(node.scope(number::invalidate(1)).await, Invalidation::Everywhere);
        place.server.restart_with(&older).await;
        it_does_not_come_back(&place, &node).await;
    }
}

#[tokio::test]
async fn a_clear_that_a_restart_with_older_data_undoes_is_done_again() {
    let place = Place::start().await;
    let (node, probe) = (place.node(Backend::Redis).await, Probe::opened());
    call(&node, &probe).await;
    let older = place.server.save().await;
    assert_eq!(node.sync_scope(number::cache).clear().await, Invalidation::Everywhere);
    place.server.restart_with(&older).await;
    it_does_not_come_back(&place, &node).await;
}

#[tokio::test]
async fn a_full_server_still_invalidates() {
    for backend in [Backend::Redis, Backend::Tiered] {
        let place = Place::start().await;
        let (node, other, probe) =
            (place.node(backend).await, place.node(backend).await, Probe::opened());
        assert_eq!((call(&node, &probe).await, call(&other, &probe).await), (1, 1));
        place.set("maxmemory", "1").await;
        assert_eq!(node.scope(number::invalidate(1)).await, Invalidation::Everywhere);
        eventually("the other node sees it", PATIENCE, async || {
            other.scope(number::peek(1)).await.is_none().then_some(())
        })
        .await;
        assert_eq!(call(&node, &probe).await, 2);
        assert_eq!(node.sync_scope(number::cache).clear().await, Invalidation::Everywhere);
    }
}

#[tokio::test]
async fn an_invalidation_waits_while_the_master_is_a_replica() {
    let place = Place::start().await;
    let (node, probe) = (place.node(Backend::Redis).await, Probe::opened());
    call(&node, &probe).await;
    place.server.tell(&["REPLICAOF", "127.0.0.1", "1"]).await;
    assert_eq!(returns(node.scope(number::invalidate(1))).await, Invalidation::Queued);
    assert_eq!(node.scope(number::peek(1)).await, None, "a replica may have the value still");
    place.server.tell(&["REPLICAOF", "NO", "ONE"]).await;
    it_does_not_come_back(&place, &node).await;
}

#[tokio::test]
async fn where_push_is_forbidden_invalidations_work() {
    let place = Place::start().await;
    place.grant(&["-client"]).await;
    let (node, other, probe) =
        (place.node(Backend::Redis).await, place.node(Backend::Redis).await, Probe::opened());
    assert_eq!((call(&node, &probe).await, call(&other, &probe).await), (1, 1));
    assert_eq!(node.scope(number::invalidate(1)).await, Invalidation::Everywhere);
    assert_eq!(call(&other, &probe).await, 2);
}
