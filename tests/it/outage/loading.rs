//! A restarted server with much data replies with `LOADING` until it has loaded all.

use cachery::{
    Backend,
    health::{Health, Status},
};
use cachery_test_support::{Probe, eventually};

use super::{
    functions::{number, square},
    place::{BRIEFLY, BUDGET, PATIENCE, Place, becomes, median, returns, time},
};

#[tokio::test]
async fn a_redis_cache_hits_what_a_server_had_stored_as_soon_as_that_is_loaded() {
    hits_what_was_stored(Backend::Redis).await;
}

#[tokio::test]
async fn a_tiered_cache_too() {
    hits_what_was_stored(Backend::Tiered).await;
}

async fn hits_what_was_stored(backend: Backend) {
    let (place, probe) = (Place::start().await, Probe::opened());
    let node = place.node_with(backend, |builder| builder.remote_deadline(BUDGET)).await;
    assert_eq!(place.direct_node().await.scope(number(1, &probe)).await, 1);
    restart_and_load_slowly(&place).await;
    let names_it = |problem: &String| problem.contains("still loading its data");
    let is_named = |health: &Health| health.servers[0].problems.iter().any(names_it);
    let health = becomes(&node, "health names it", is_named).await;
    assert_eq!(health.status, Status::Down);

    let mut times = Vec::new();
    for number in 1..=21 {
        times.push(time(node.scope(square(number)), number * number).await);
    }
    assert!(median(times.clone()) < BRIEFLY, "{times:?}");
    assert_eq!(returns(node.scope(number(1, &probe))).await, 2, "the function ran");
    place.server_replies("LOADING").await;

    place.load_fast().await;
    becomes(&node, "its health is good", |health| health.status == Status::Up).await;
    eventually("what was stored is hit", PATIENCE, async || {
        (node.scope(number::peek(1)).await == Some(1)).then_some(())
    })
    .await;
    assert_eq!(probe.runs(), 2);
}

async fn restart_and_load_slowly(place: &Place) {
    place.load_slowly().await;
    // So that they hold after the restart.
    place.server.tell(&["CONFIG", "REWRITE"]).await;
    let data = place.server.save().await;
    place.server.restart_with(&data).await;
    place.server_replies("LOADING").await;
}
