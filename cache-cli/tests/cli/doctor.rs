//! `cachery doctor`: each planted fault is named with what to do.

use std::time::Duration;

use cachery::{Backend, Caches, cached, config::CacheSettings};
use cachery_test_support::Server;

use crate::service::{ask, serve};

/// A call of an upstream that takes two seconds on the clock of the registry.
#[cached(name = "cli-slow", ttl = "10m")]
async fn slow(id: u64) -> u64 {
    Caches::current().clock().advance(Duration::from_secs(2));
    id
}

#[cached(name = "cli-short", ttl = "1s")]
async fn short(id: u64) -> u64 {
    Caches::current().clock().advance(Duration::from_millis(900));
    id
}

#[cached(name = "cli-failing", ttl = "10m")]
async fn failing(id: u64) -> Result<u64, String> {
    if id < 5 { Err("the upstream is away".to_owned()) } else { Ok(id) }
}

#[cached(name = "cli-many", ttl = "10m", capacity = 8)]
async fn many(id: u64) -> u64 {
    id
}

#[cached(name = "cli-large", ttl = "10m", backend = "tiered")]
async fn large(bytes: usize) -> Vec<u8> {
    vec![7; bytes]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_upstream_is_named() {
    let caches = Caches::isolated();
    caches.clock().stop();
    let url = serve(&caches).await;
    caches.scope(slow(1)).await;
    ask(&url, &["doctor"]).await.says(1, &["! cache cli-slow", "a load takes 2.", "`stale`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ttl_shorter_than_the_load_is_named() {
    let ttl = CacheSettings::new().ttl(Duration::from_millis(500));
    let caches = Caches::builder().isolated().cache("cli-short", ttl).build().await;
    let caches = caches.expect("the settings are right");
    caches.clock().stop();
    let url = serve(&caches).await;
    caches.scope(short(1)).await;
    ask(&url, &["doctor"]).await.says(1, &["cache cli-short", "is shorter than its load"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_upstream_is_named_first() {
    let caches = Caches::isolated();
    let url = serve(&caches).await;
    caches
        .scope(async {
            for id in 0..10 {
                let _ = failing(id).await;
            }
        })
        .await;
    let run = ask(&url, &["doctor"]).await;
    run.says(1, &["!! cache cli-failing 50.0 % of its loads fail", "see what the function calls"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capacity_that_is_far_too_small_is_named() {
    let caches = Caches::isolated();
    let url = serve(&caches).await;
    caches
        .scope(async {
            for id in (0..150).chain(0..150) {
                many(id).await;
            }
        })
        .await;
    let words =
        ["give way to others (8 have room)", "CACHE_CLI_MANY_CAPACITY", "of its calls are hits"];
    ask(&url, &["doctor"]).await.says(1, &words);
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_too_large_are_named() {
    let server = Server::start().await;
    let settings = CacheSettings::new().backend(Backend::Tiered).max_value_size(1000);
    let builder = Caches::builder().isolated().redis_url(server.url());
    let caches = builder.cache("cli-large", settings).build().await.expect("Redis is up");
    let url = serve(&caches).await;
    caches.scope(large(5000)).await;
    ask(&url, &["doctor"])
        .await
        .says(1, &["not stored in Redis (too_large: 1)", "`max_value_size`"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_nobody_uses_is_told_and_is_no_fault() {
    let url = serve(&Caches::isolated()).await;
    ask(&url, &["doctor"])
        .await
        .says(0, &["nothing to complain about", "cache cli-many never used"]);
    let json = ask(&url, &["doctor", "--json"]).await.json();
    assert_eq!(json["findings"][0]["state"], "skipped", "{json:#}");
}
