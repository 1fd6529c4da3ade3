//! A start without Redis, and its health.

use std::time::Duration;

use cachery::{
    Backend,
    config::FaultKind,
    health::{Breaker, Push, Status},
};
use cachery_test_support::eventually;

use super::{
    functions::square,
    place::{BUDGET, PATIENCE, Place, at_once, becomes, builder, health, returns},
};

/// A port where nothing listens.
const ABSENT: &str = "redis://127.0.0.1:1";
const A_LONG_START: Duration = Duration::from_secs(20);
/// The time that a start waits where it can go on without Redis.
const A_START: Duration = Duration::from_secs(1);

#[tokio::test]
async fn without_a_required_redis_a_start_fails_and_names_the_reason_and_the_remedy() {
    let place = Place::with(|config| config.password("right")).await;
    let refusing = place.server.url().replace("right", "wrong");
    let (absent, refusing) = tokio::join!(required(ABSENT), required(&refusing));
    for part in [
        "CACHE_REQUIRED",
        "127.0.0.1:1",
        "refused",
        "start it",
        "take `required` (CACHE_REQUIRED) out",
    ] {
        assert!(absent.contains(part), "{part}: {absent}");
    }
    assert!(
        refusing.contains("check those in the URL") && !refusing.contains("wrong"),
        "{refusing}"
    );
}

#[tokio::test]
async fn a_required_redis_that_comes_late_is_used_and_a_later_outage_is_logged() {
    let place = Place::start().await;
    place.server.kill();
    let url = place.server.url();
    let build = builder(&url, Backend::Tiered).required(true).build();
    let (node, ()) = tokio::join!(build, async {
        tokio::time::sleep(A_START).await;
        place.server.restart().await;
    });
    let node = node.unwrap();
    becomes(&node, "its health is good", |health| health.status == Status::Up).await;
    place.server.kill();
    becomes(&node, "its health is bad", |health| health.status == Status::Down).await;
}

#[tokio::test]
async fn health_answers_at_once_while_redis_hangs_and_knows_it_soon() {
    let place = Place::start().await;
    let node = place.node(Backend::Tiered).await;
    assert_eq!(health(&node).await.status, Status::Up);
    place.server.freeze();
    let hangs = eventually("health says that it hangs", PATIENCE, async || {
        let health = at_once(node.health()).await.expect("it waits for nothing");
        (health.status == Status::Down).then_some(health)
    })
    .await;
    assert!(hangs.servers[0].problems[0].contains("does not answer"), "{hangs:?}");
    place.server.thaw();
    becomes(&node, "its health is good", |health| health.status == Status::Up).await;
}

/// Returns the error of a start, which waits for Redis as long as a start may take.
async fn required(url: &str) -> String {
    let build = builder(url, Backend::Tiered).required(true).build();
    let error = tokio::time::timeout(A_LONG_START, build).await.unwrap().unwrap_err();
    assert_eq!(error.faults()[0].kind, FaultKind::Unreachable);
    error.to_string()
}

#[tokio::test]
async fn where_scripts_are_forbidden_the_remote_tier_stays_off_and_health_says_why() {
    let place = Place::start().await;
    place.grant(&["-eval", "-evalsha"]).await;
    let node = place.node(Backend::Redis).await;
    for number in 1..=10 {
        assert_eq!(returns(node.scope(square(number))).await, number * number);
    }
    assert_eq!(place.server.ask::<u64>(&["DBSIZE"]).await, 0);
    let health = health(&node).await;
    assert_eq!((health.status, health.servers[0].push), (Status::Down, Push::Down));
    assert!(
        health.servers[0].problems[0].contains("+eval +evalsha"),
        "{:?}",
        health.servers[0].problems
    );
}

#[tokio::test]
async fn health_says_that_a_full_server_will_store_nothing() {
    let place = Place::with(|config| config.line("maxmemory 100mb")).await;
    let health = health(&place.node(Backend::Redis).await).await;
    assert_eq!(health.status, Status::Degraded);
    assert!(
        health.servers[0].problems[0].contains("maxmemory-policy"),
        "{:?}",
        health.servers[0].problems
    );
}

#[tokio::test]
async fn while_the_breaker_is_open_no_call_waits() {
    let place = Place::start().await;
    let node = place.node_with(Backend::Redis, |builder| builder.remote_deadline(5 * BUDGET)).await;
    place.server.freeze();
    becomes(&node, "the breaker opens", |health| health.servers[0].breaker == Breaker::Open).await;
    for number in 1..=21 {
        assert_eq!(at_once(node.scope(square(number))).await, Some(number * number));
    }
    place.server.thaw();
    becomes(&node, "its health is good", |health| health.status == Status::Up).await;
}
