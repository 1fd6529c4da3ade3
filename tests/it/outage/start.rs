//! A start without Redis, and its health.

use std::time::Duration;

use cachery::{
    Backend,
    config::FaultKind,
    health::{Breaker, Push, Status},
};

use super::{
    functions::square,
    place::{BUDGET, Place, becomes, builder, health, median, returns, time},
};

/// A port where nothing listens.
const ABSENT: &str = "redis://127.0.0.1:1";
const A_LONG_START: Duration = Duration::from_secs(20);

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
    let mut times = Vec::new();
    for number in 1..=21 {
        times.push(time(node.scope(square(number)), number * number).await);
    }
    assert!(median(times.clone()) < BUDGET, "{times:?}");
    place.server.thaw();
    becomes(&node, "its health is good", |health| health.status == Status::Up).await;
}
