//! A look at one key from outside.

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    time::Duration,
};

use axum::{
    Router,
    http::{Request, StatusCode, header::AUTHORIZATION},
};
use cachery::{Backend, Caches, axum::routes, cached, caches, config::CacheSettings, stats::Stats};
use cachery_test_support::{Log, Server, eventually};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{OPS, READER, UNLIKELY, access, post, price, program, send};

const LONG: Duration = Duration::from_secs(20);

static FAILS: AtomicBool = AtomicBool::new(false);

caches! {
    static TENANT: Tag<u64> = { name: "routes-explain-tenant" };
}

#[cached(
    name = "routes-explain",
    ttl = "1m",
    stale = "1m",
    stale_if_error = "1h",
    tags(TENANT(id))
)]
async fn explained(id: u64, text: &str) -> Result<String, String> {
    if FAILS.load(SeqCst) {
        Err("planted-error".to_owned())
    } else {
        Ok(format!("planted {id}{text}"))
    }
}

#[cached(name = "routes-explain-errors", ttl = "1m", err_ttl = "10s")]
async fn failing(id: u64) -> Result<u64, String> {
    Err(format!("planted {id}"))
}

#[cached(name = "routes-explain-declined", ttl = "1m", cache_if = |value: &u64| *value == 0)]
async fn declined(id: u64) -> u64 {
    id
}

#[cached(name = "routes-explain-paid", ttl = "1m", cost = 0.4, budget = "1/24h")]
async fn paid(id: u64) -> Result<u64, String> {
    Ok(id)
}

static GATE: Notify = Notify::const_new();

#[cached(name = "routes-explain-slow", ttl = "1m")]
async fn slow(id: u64) -> u64 {
    GATE.notified().await;
    id
}

#[cached(name = "routes-explain-shared", ttl = "1h", tags(TENANT(id)))]
async fn shared(id: u64, size: usize) -> Vec<u8> {
    vec![u8::try_from(id % 7).unwrap_or(0); size]
}

/// Returns what the route tells of the key, and checks that nothing was counted.
async fn explain(caches: &Caches, app: &Router, cache: &str, key: &Value) -> Value {
    let stats = || {
        // Without the counts of other nodes' invalidations, which arrive meanwhile.
        let Stats { hits, misses, loads, puts, evictions, freshness, remote, size, .. } =
            caches.get(cache).unwrap().stats();
        let remote = (remote.hits, remote.corrupt, remote.unavailable, remote.unstorable);
        format!("{:?}", (hits, misses, loads, puts, evictions, freshness, remote, size))
    };
    let before = stats();
    let reply = send(app, post(&format!("/api/cache/{cache}/explain"), key.to_string())).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(stats(), before, "{reply:?}");
    reply.json()
}

#[tokio::test]
async fn a_key_in_memory_is_explained_from_its_load_to_its_end() {
    let caches = Caches::isolated();
    caches.clock().stop();
    let app = routes(caches.clone(), access());
    let key = json!([UNLIKELY, "planted"]);
    let call = async || caches.scope(explained(UNLIKELY, "planted")).await;
    let state = async || {
        let look = explain(&caches, &app, "routes-explain", &key).await;
        assert!(look["remote"].is_null(), "{look}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&look["next"]), text(&look["memory"]["state"]), look)
    };
    let is = |(next, state, look): (String, String, Value), expected: (&str, &str)| {
        assert_eq!((&*next, &*state), expected, "{look}");
        look
    };
    is(state().await, ("load", "absent"));
    call().await.unwrap();
    caches.clock().advance(Duration::from_secs(20));
    let look = is(state().await, ("memory", "fresh"));
    assert_eq!(look["memory"]["age_seconds"], 20.0);
    let left = look["memory"]["fresh_for_seconds"].as_f64().unwrap();
    assert!((20.0..=40.0).contains(&left), "{look}");
    caches.clock().advance(Duration::from_secs(50));
    is(state().await, ("memory", "stale"));
    caches.clock().advance(Duration::from_secs(100));
    is(state().await, ("load", "usable_on_error"));
    FAILS.store(true, SeqCst);
    call().await.unwrap();
    FAILS.store(false, SeqCst);
    let look = is(state().await, ("memory", "usable_on_error"));
    assert!(look["held_off_seconds"].as_f64().unwrap() > 0.0, "{look}");
    caches.clock().advance(Duration::from_secs(7200));
    is(state().await, ("load", "over"));
    call().await.unwrap();
    send(&app, post("/api/cache/routes-explain/expire", key.to_string())).await;
    is(state().await, ("load", "expired"));
    call().await.unwrap();
    is(state().await, ("memory", "fresh"));
    let tag = "/api/cache/tags/routes-explain-tenant/invalidate";
    send(&app, post(tag, json!([UNLIKELY]).to_string())).await;
    is(state().await, ("load", "invalid_tag"));
    call().await.unwrap();
    caches.get("routes-explain").unwrap().set_enabled(false);
    is(state().await, ("off", "fresh"));
    caches.get("routes-explain").unwrap().set_enabled(true);
    send(&app, post("/api/cache/routes-explain/invalidate", key.to_string())).await;
    is(state().await, ("load", "absent"));
}

#[tokio::test]
async fn a_load_that_the_rest_of_the_budget_does_not_cover_is_explained() {
    let caches = Caches::isolated();
    let app = routes(caches.clone(), access());
    for (id, is_over) in [(1, false), (2, true)] {
        caches.scope(paid(id)).await.unwrap();
        let look = explain(&caches, &app, "routes-explain-paid", &json!([9])).await;
        assert_eq!(look["over_budget"], is_over, "{id}: {look}");
    }
    assert!(caches.scope(paid(9)).await.is_err());
}

#[tokio::test]
async fn what_keeps_a_value_from_being_stored_is_explained() {
    let caches = Caches::isolated();
    let app = routes(caches.clone(), access());
    let calls = async { (failing(1).await.unwrap_err(), declined(1).await) };
    caches.scope(calls).await;
    let look = explain(&caches, &app, "routes-explain-errors", &json!([1])).await;
    assert_eq!((&look["next"], &look["memory"]["state"]), (&json!("error"), &json!("error")));
    let look = explain(&caches, &app, "routes-explain-declined", &json!([1])).await;
    assert_eq!((&look["next"], &look["declined"]), (&json!("load"), &json!(true)));
    let load = tokio::spawn(caches.scope(slow(1)));
    let look = eventually("the load runs", LONG, async || {
        let look = explain(&caches, &app, "routes-explain-slow", &json!([1])).await;
        (look["loading"] == true).then_some(look)
    })
    .await;
    assert_eq!(look["next"], "wait");
    GATE.notify_one();
    load.await.unwrap();
    let look = explain(&caches, &app, "routes-explain-slow", &json!([1])).await;
    assert_eq!((&look["next"], &look["loading"]), (&json!("memory"), &json!(false)));
}

async fn node(server: &Server, backend: Backend) -> (Caches, Router) {
    let settings = CacheSettings::new().backend(backend).max_value_size(1000);
    let builder = Caches::builder().isolated().redis_url(server.url()).required(true);
    let caches = builder.all(settings).build().await.expect("a server");
    let app = routes(caches.clone(), access());
    (caches, app)
}

#[tokio::test]
async fn a_key_in_redis_is_explained_and_is_not_brought_to_memory() {
    let server = Server::start().await;
    let ((writer, _), (reader, app)) =
        (node(&server, Backend::Redis).await, node(&server, Backend::Tiered).await);
    let at = async |id: u64, size: usize| {
        let look = explain(&reader, &app, "routes-explain-shared", &json!([id, size])).await;
        (look["next"].clone(), look["remote"]["state"].clone(), look)
    };
    let is = |(next, state, look): (Value, Value, Value), expected: (&str, &str)| {
        assert_eq!((next.as_str(), state.as_str()), (Some(expected.0), Some(expected.1)), "{look}");
        look
    };
    is(at(7, 10).await, ("load", "absent"));
    writer.scope(shared(7, 10)).await;
    for _ in 0..2 {
        let look = is(at(7, 10).await, ("remote", "fresh"));
        assert_eq!(look["memory"]["state"], "absent", "{look}");
    }
    reader.scope(shared(7, 10)).await;
    is(at(7, 10).await, ("memory", "fresh"));
    writer.scope(TENANT.invalidate(&7)).await;
    let look = eventually("the push has come", LONG, async || {
        let look = at(7, 10).await;
        (look.2["memory"]["state"] == "invalid_tag").then_some(look)
    })
    .await;
    assert_eq!(is(look, ("load", "invalid_tag"))["remote"]["tag"], "routes-explain-tenant");
    reader.scope(shared(7, 10)).await;
    writer.scope(shared::expire(7, 10)).await;
    let look = eventually("the push has come", LONG, async || {
        let look = at(7, 10).await;
        (look.2["memory"]["state"] == "expired").then_some(look)
    })
    .await;
    is(look, ("load", "expired"));
    writer.scope(shared::invalidate(7, 10)).await;
    let look = eventually("the push has come", LONG, async || {
        let look = at(7, 10).await;
        (look.2["memory"]["state"] == "invalid").then_some(look)
    })
    .await;
    is(look, ("load", "absent"));
    reader.scope(shared(8, 5000)).await;
    let look = is(at(8, 5000).await, ("memory", "absent"));
    assert_eq!(look["unstorable"], "too-large", "{look}");
    server.kill();
    let look = is(at(8, 5000).await, ("memory", "unreachable"));
    assert!(look["remote"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{look}");
}

#[tokio::test]
async fn explain_needs_the_right_to_change_and_a_key_and_leaves_an_audit_line() {
    let log = Log::default();
    let guard = log.of_thread();
    let (_, app) = program().await;
    let path = "/api/cache/routes-price/explain";
    let key = json!([UNLIKELY, "planted-a"]).to_string();
    let (mut parts, body) = post(path, key.clone()).into_parts();
    parts.headers.insert(AUTHORIZATION, format!("Bearer {READER}").parse().unwrap());
    let reply = send(&app, Request::from_parts(parts, body)).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{reply:?}");
    for (body, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("{}", StatusCode::BAD_REQUEST),
        ("[8675309]", StatusCode::UNPROCESSABLE_ENTITY),
        ("[\"planted-a\", 8675309]", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let reply = send(&app, post(path, body)).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(reply.json()["parts"], json!(["id: u64", "text: &str"]), "{body}");
    }
    assert_eq!(log.count("cachery::audit"), 0, "{}", log.text());
    let reply = send(&app, post(path, key)).await;
    assert_eq!(reply.json()["memory"]["state"], "fresh", "{reply:?}");
    drop(guard);
    let text = log.text();
    let line = text.lines().find(|line| line.contains("cachery::audit")).expect("an audit line");
    for part in ["caller=\"ops\"", "action=\"explain\"", "routes-price", "digest=\""] {
        assert!(line.contains(part), "{part}: {line}");
    }
    for secret in ["planted", OPS, &UNLIKELY.to_string()] {
        assert!(!text.contains(secret), "{text}");
    }
    // The function of the program is used.
    let _ = price(1, "planted").await;
}
