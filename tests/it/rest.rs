//! Redis by the REST API of Upstash.

mod client;
mod server;

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use axum::http::StatusCode;
use cachery::{
    Backend, Caches, Invalidation, cached,
    config::{CacheSettings, CachesBuilder},
    health::{Push, ServerHealth, Status},
};
use cachery_test_support::{Server, eventually};

pub(crate) use self::server::RestServer;

const PATIENCE: Duration = Duration::from_secs(30);
/// Long, because the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(5);

static RUNS: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];

/// Returns how often it has run with this key.
#[cached(name = "rest-runs", ttl = 3600)]
async fn runs(key: usize) -> u32 {
    RUNS[key].fetch_add(1, SeqCst) + 1
}

async fn own() -> RestServer {
    RestServer::own(Server::start().await)
}

fn builder(backend: Backend) -> CachesBuilder {
    let settings = CacheSettings::new().backend(backend).jitter(0.0);
    Caches::builder().isolated().all(settings).remote_deadline(DEADLINE)
}

async fn node(url: String) -> Caches {
    let node = builder(Backend::Redis).redis_url(url).build().await.expect("it is a URL");
    is_up(&node).await;
    node
}

async fn is_up(node: &Caches) {
    eventually("it is up", PATIENCE, async || {
        (health_of(node).await.status == Status::Up).then_some(())
    })
    .await;
}

async fn health_of(node: &Caches) -> ServerHealth {
    node.health().await.servers[0].clone()
}

#[tokio::test]
async fn the_variables_of_upstash_choose_it() {
    let server = own().await;
    let [url, token] = server.variables();
    let kind = ("CACHE_TYPE", "redis".to_owned());
    let builder = Caches::builder().variables([url.clone(), token, kind.clone()]);
    let node = builder.remote_deadline(DEADLINE).build().await.unwrap();
    is_up(&node).await;
    assert_eq!([node.scope(runs(0)).await, node.scope(runs(0)).await], [1, 1]);
    let health = health_of(&node).await;
    assert_eq!((health.status, health.push), (Status::Up, Push::Absent));
    assert!(health.notes.iter().any(|note| note.contains("REST")), "{:?}", health.notes);
    let error = Caches::builder().variables([url, kind]).build().await.unwrap_err();
    assert!(error.to_string().contains("set `UPSTASH_REDIS_REST_TOKEN`"), "{error}");
}

#[tokio::test]
async fn what_is_stored_is_the_same_by_both_ways() {
    let server = own().await;
    let by_rest = node(server.url()).await;
    let direct = node(server.redis().url()).await;
    assert_eq!([by_rest.scope(runs(1)).await, direct.scope(runs(1)).await], [1, 1]);
    assert_eq!(direct.scope(runs::invalidate(1)).await, Invalidation::Everywhere);
    assert_eq!([by_rest.scope(runs(1)).await, direct.scope(runs(1)).await], [2, 2]);
    assert_eq!(by_rest.scope(runs::invalidate(1)).await, Invalidation::Everywhere);
    assert_eq!([direct.scope(runs(1)).await, by_rest.scope(runs(1)).await], [3, 3]);
}

#[tokio::test]
async fn a_request_has_the_token_of_the_replies_before_it() {
    let server = own().await;
    let node = node(server.url()).await;
    node.scope(runs(2)).await;
    let before = server.seen.tokens.lock().unwrap().len();
    node.scope(runs::invalidate(2)).await;
    node.scope(runs(2)).await;
    let tokens = server.seen.tokens.lock().unwrap().clone();
    let last: usize = tokens.last().unwrap().as_deref().unwrap().parse().unwrap();
    assert!(last > before, "{before}: {tokens:?}");
}

#[tokio::test]
async fn memory_keeps_what_others_invalidate_for_the_outage_ttl() {
    let server = own().await;
    let writer = node(server.url()).await;
    let tiered = builder(Backend::Tiered).redis_url(server.url());
    let nothing: [(&str, &str); 0] = [];
    let reader = tiered.variables(nothing).outage_ttl(Duration::from_millis(300)).build().await;
    let reader = reader.unwrap();
    is_up(&reader).await;
    assert_eq!(reader.scope(runs(3)).await, 1);
    assert_eq!(writer.scope(runs::invalidate(3)).await, Invalidation::Everywhere);
    eventually("it is asked for again", PATIENCE, async || {
        (reader.scope(runs(3)).await == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_told_and_costs_no_call() {
    let server = own().await;
    let node = node(server.url()).await;
    assert_eq!([node.scope(runs(4)).await, node.scope(runs(4)).await], [1, 1]);
    *server.seen.token.lock().unwrap() = Some("another");
    assert_eq!(node.scope(runs(4)).await, 2);
    let reason = eventually("it is told", PATIENCE, async || {
        node.scope(runs(4)).await;
        health_of(&node).await.reason
    });
    assert_eq!(reason.await.as_str(), "wrong-password");
    *server.seen.token.lock().unwrap() = None;
    is_up(&node).await;
    assert_eq!(node.scope(runs(4)).await, 1);
}

/// Returns the problems of a node whose URL of a REST API leads nowhere.
async fn problems(url: String) -> String {
    let node = builder(Backend::Redis).redis_url(url).build().await.expect("it is a URL");
    eventually("it is told", PATIENCE, async || {
        let health = health_of(&node).await;
        let is_tried = health.reason.is_some_and(|reason| reason.as_str() != "connecting");
        is_tried.then(|| health.problems.join("; "))
    })
    .await
}

#[tokio::test]
async fn a_connection_that_fails_is_told_in_words_of_https() {
    let server = own().await;
    let plain = server.url().replace("http://", "https://");
    let untrusted = Server::with(|config| config.own_tls()).await;
    let untrusted = format!("https://:token@localhost:{}", untrusted.port());
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let silent = format!("http://:token@{}", silent.local_addr().expect("it is bound"));
    let refused = "http://:token@127.0.0.1:1".to_owned();
    let unknown = "https://:token@cache.invalid".to_owned();
    for (url, words) in [
        (plain, "begins with `https://`"),
        (untrusted, "`CACHE_REDIS_CA`"),
        (silent, "begins with `https://`"),
        (refused, "nothing listens there"),
        (unknown, "correct the host"),
    ] {
        let told = problems(url.clone()).await;
        assert!(told.contains(words), "{url}: {told}");
        let is_clean = !told.contains("rediss://") && !told.contains("token");
        assert!(is_clean, "{url}: {told}");
    }
    let told = problems(server.url().replace('@', "-wrong@")).await;
    assert!(told.contains("`UPSTASH_REDIS_REST_TOKEN`"), "{told}");
}

#[tokio::test]
async fn a_limit_of_the_plan_is_told_and_costs_no_call() {
    let server = own().await;
    let node = node(server.url()).await;
    assert_eq!([node.scope(runs(5)).await, node.scope(runs(5)).await], [1, 1]);
    let limit = r#"{"error":"ERR max daily request limit exceeded. Limit: 10000"}"#;
    *server.seen.refusal.lock().unwrap() = Some((StatusCode::BAD_REQUEST, limit));
    assert_eq!(node.scope(runs(5)).await, 2);
    eventually("it is told", PATIENCE, async || {
        node.scope(runs(5)).await;
        let reason = health_of(&node).await.reason?;
        (reason.as_str() == "rate-limited").then_some(())
    })
    .await;
    *server.seen.refusal.lock().unwrap() = None;
    is_up(&node).await;
    assert_eq!(node.scope(runs(5)).await, 1);
}

#[tokio::test]
async fn a_full_server_without_eviction_is_told() {
    let server = own().await;
    let node = node(server.url()).await;
    assert_eq!([node.scope(runs(6)).await, node.scope(runs(6)).await], [1, 1]);
    let full = r#"{"error":"ERR DB capacity quota exceeded. Limit: 1"}"#;
    *server.seen.refusal.lock().unwrap() = Some((StatusCode::BAD_REQUEST, full));
    assert_eq!(node.scope(runs(7)).await, 1);
    *server.seen.refusal.lock().unwrap() = None;
    let health = eventually("it is told", PATIENCE, async || {
        let health = health_of(&node).await;
        (!health.problems.is_empty()).then_some(health)
    })
    .await;
    assert_eq!(health.status, Status::Degraded);
    assert!(health.problems[0].contains("eviction"), "{:?}", health.problems);
}
