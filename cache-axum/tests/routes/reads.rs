//! Health and statistics.

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    time::Duration,
};

use axum::{
    Router,
    http::{Request, StatusCode},
};
use cachery::{
    Backend, Caches, Invalidation,
    axum::{Access, Thresholds, routes, routes_with},
    cached,
    config::CacheSettings,
};
use cachery_test_support::{Server, eventually};
use futures_util::StreamExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::support::{OPS, access, assert_private, calls, get, program, send};

fn level<'a>(health: &'a Value, level: &str, name: Option<&str>) -> &'a Value {
    let levels = health["levels"].as_array().expect("levels");
    levels.iter().for_each(assert_tells);
    let found = levels
        .iter()
        .find(|one| one["level"] == level && name.is_none_or(|name| one["name"] == name));
    found.unwrap_or_else(|| panic!("no {level} {name:?} in {health:#}"))
}

/// Checks that a level tells its numbers and since when; and why and what to do, where it must.
fn assert_tells(level: &Value) {
    let is_up = level["status"] == "up";
    let tells = |field: &str| level[field].as_str().is_some_and(|text| !text.is_empty());
    assert!(level["numbers"].as_object().is_some_and(|numbers| !numbers.is_empty()), "{level:#}");
    assert!(level["since"].as_u64().is_some_and(|since| since > 1_700_000_000), "{level:#}");
    assert!(is_up || tells("cause") && tells("todo"), "{level:#}");
    let history = level["history"].as_array().expect("a history");
    let last = history.last().expect("the present status");
    assert_eq!((&last["status"], &last["since"]), (&level["status"], &level["since"]));
}

/// A value whose size is not known.
#[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Odd(u64);

#[cached(name = "routes-odd", ttl = "1h")]
async fn odd(id: u64) -> Odd {
    Odd(id)
}

#[tokio::test]
async fn a_size_that_is_not_known_is_none_and_not_zero() {
    let (caches, app) = program().await;
    caches.scope(odd(1)).await;
    let health = send(&app, get("/health")).await.json();
    for (name, is_known) in [("routes-price", true), ("routes-odd", false)] {
        let cache = send(&app, get(&format!("/api/cache/{name}"))).await.json();
        assert_eq!(cache["bytes"].is_u64(), is_known, "{cache:#}");
        let numbers = &level(&health, "cache", Some(name))["numbers"];
        assert_eq!(numbers["bytes"].is_u64(), is_known, "{numbers:#}");
    }
}

#[tokio::test]
async fn the_statistics_are_those_of_the_registry() {
    let (caches, app) = program().await;
    let all = send(&app, get("/api/cache/stats")).await.json();
    let shown = all["caches"].as_array().unwrap().iter();
    let names: Vec<_> = shown.map(|cache| cache["name"].as_str().unwrap()).collect();
    assert_eq!(names, caches.names());
    let one = send(&app, get("/api/cache/routes-price")).await.json();
    for (field, count) in
        [("hits", 1), ("misses", 3), ("loads", 3), ("load_errors", 1), ("size", 2)]
    {
        assert_eq!(one["stats"][field], count, "{field} of {one:#}");
    }
    assert_eq!(one["hit_ratio"], 0.25);
    assert!(one["load_seconds"]["p95"].as_f64().unwrap() > 0.0);
    assert_eq!(one["sites"][0]["policy"]["capacity"], 1000);
    let settings = one["settings"][0]["settings"].as_array().unwrap();
    let capacity = settings.iter().find(|setting| setting["field"] == "capacity").unwrap();
    assert_eq!(
        (capacity["value"].as_str(), capacity["source"].as_str()),
        (Some("1000"), Some("the attribute"))
    );
    assert_eq!(send(&app, get("/api/cache/none")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn rates_are_kept_in_the_process() {
    let caches = Caches::isolated();
    let app = routes(caches.clone(), access());
    let rate = async |app: &Router| {
        send(app, get("/api/cache/routes-price")).await.json()["rates"].clone()
    };
    assert_eq!(rate(&app).await["1m"], Value::Null, "nothing is known yet");
    caches.scope(calls()).await;
    tokio::time::sleep(Duration::from_secs(76)).await;
    caches.scope(calls()).await;
    let rates = rate(&app).await;
    // Of the second round, all are hits but the one that fails.
    assert_eq!(rates["1m"]["hit_ratio"], 0.75, "{rates:#}");
    assert_eq!(rates["1h"]["hit_ratio"], 0.5);
    assert!(rates["1m"]["requests_per_second"].as_f64().unwrap() > 0.0);
    tokio::time::sleep(Duration::from_secs(400)).await;
    let rates = rate(&app).await;
    assert_eq!(rates["5m"]["requests_per_second"], 0.0, "{rates:#}");
    assert_eq!(rates["1h"]["hit_ratio"], 0.5);
}

#[tokio::test]
async fn statistics_that_have_not_changed_are_not_sent_again() {
    let (caches, app) = program().await;
    let first = send(&app, get("/api/cache/routes-idle")).await;
    let again = |tag: &str| {
        let (mut parts, body) = get("/api/cache/routes-idle").into_parts();
        parts.headers.insert("if-none-match", tag.parse().unwrap());
        Request::from_parts(parts, body)
    };
    let tag = first.header("etag").to_owned();
    let same = send(&app, again(&tag)).await;
    assert_eq!((same.status, &*same.body), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(send(&app, again("\"another\"")).await.status, StatusCode::OK);
    caches.get("routes-idle").unwrap().clear().await;
    caches.scope(async { crate::support::idle(1).await }).await;
    let changed = send(&app, again(&tag)).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test]
async fn a_terminal_gets_a_table() {
    let (_, app) = program().await;
    let accepting = |path: &str, accept: &str| {
        let (mut parts, body) = get(path).into_parts();
        parts.headers.insert("accept", accept.parse().unwrap());
        Request::from_parts(parts, body)
    };
    let table = send(&app, accepting("/api/cache/stats", "text/plain")).await;
    assert!(table.header("content-type").starts_with("text/plain"));
    let row = table.body.lines().find(|line| line.starts_with("routes-price")).unwrap();
    let cells: Vec<_> = row.split_whitespace().take(5).collect();
    assert_eq!(cells, ["routes-price", "4", "1", "3", "1"]);
    let one = send(&app, accepting("/api/cache/routes-price", "text/plain, */*")).await;
    assert!(
        one.body.contains("capacity") && one.body.contains("from the attribute"),
        "{}",
        one.body
    );
    for accept in ["application/json, text/plain", "*/*", "text/html", "\u{7f}"] {
        let Ok(_) = accept.parse::<axum::http::HeaderValue>() else { continue };
        let reply = send(&app, accepting("/api/cache/stats", accept)).await;
        assert_eq!(reply.header("content-type"), "application/json", "{accept}");
    }
}

#[tokio::test]
async fn health_has_a_level_for_the_application_the_settings_the_registry_and_each_cache() {
    let (caches, app) = program().await;
    let reply = send(&app, get("/health")).await;
    assert_eq!(reply.status, StatusCode::OK);
    let health = reply.json();
    assert_eq!(health["status"], "up", "{health:#}");
    for name in ["application", "configuration", "registry"] {
        assert_eq!(level(&health, name, None)["status"], "up");
    }
    let price = level(&health, "cache", Some("routes-price"));
    assert_eq!(
        (&price["numbers"]["size"], &price["numbers"]["capacity"]),
        (&2.into(), &1000.into())
    );
    assert!(price["since"].as_u64().unwrap() > 1_700_000_000);
    assert_eq!(health["thresholds"]["round_trip"], 0.025);
    caches.get("routes-price").unwrap().set_enabled(false);
    let health = send(&app, get("/health")).await.json();
    let price = level(&health, "cache", Some("routes-price"));
    assert_eq!((&price["status"], &health["status"]), (&"degraded".into(), &"degraded".into()));
    assert!(price["todo"].as_str().unwrap().contains("enable"));
}

static FAILS: AtomicBool = AtomicBool::new(false);

#[cached(name = "routes-reads-old", ttl = "1m", stale_if_error = "1h")]
async fn old() -> Result<u64, String> {
    if FAILS.load(SeqCst) { Err("planted-error".to_owned()) } else { Ok(1) }
}

#[tokio::test]
async fn a_cache_that_lives_on_old_values_is_degraded_and_says_for_how_long() {
    let (caches, app) = program().await;
    let clock = caches.clock();
    clock.stop();
    let shown = async || {
        let health = send(&app, get("/health")).await.json();
        let old = level(&health, "cache", Some("routes-reads-old"));
        (old["status"].clone(), old["numbers"]["stale_seconds"].clone())
    };
    let up = ("up".into(), Value::Null);
    assert_eq!(caches.scope(old()).await, Ok(1));
    assert_eq!(shown().await, up);
    clock.advance(Duration::from_secs(120));
    FAILS.store(true, SeqCst);
    assert_eq!(caches.scope(old()).await, Ok(1), "its load fails");
    clock.advance(Duration::from_secs(5));
    assert_eq!(shown().await, ("degraded".into(), 5.0.into()));
    FAILS.store(false, SeqCst);
    assert_eq!(caches.scope(old::refresh()).await, Ok(1));
    assert_eq!(shown().await, up);
}

#[tokio::test(start_paused = true)]
async fn a_cache_beyond_its_thresholds_is_degraded() {
    let caches = Caches::isolated();
    let thresholds = Thresholds::default().load_error_ratio(0.2);
    let app = routes_with(caches.clone(), Access::token("ops", OPS).open_reads(), thresholds);
    caches
        .scope(async {
            for _ in 0..12 {
                let _ = crate::support::price(1, "planted-error").await;
            }
        })
        .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let health = send(&app, get_open("/health")).await.json();
    let price = level(&health, "cache", Some("routes-price"));
    assert_eq!(price["cause"], "many of its loads fail", "{price:#}");
    assert_eq!(price["numbers"]["load_error_ratio"], 1.0);
    assert_eq!(health["thresholds"]["load_error_ratio"], 0.2);
}

#[tokio::test(start_paused = true)]
async fn the_least_share_of_hits_can_be_chosen() {
    let caches = Caches::isolated();
    let with = |ratio| {
        let access = Access::token("ops", OPS).open_reads();
        routes_with(caches.clone(), access, Thresholds::default().hit_ratio(ratio))
    };
    let (strict, mild) = (with(0.9), with(0.1));
    let calls = async {
        for id in 0..60 {
            for _ in 0..2 {
                let _ = crate::support::price(id, "planted").await;
            }
        }
    };
    caches.scope(calls).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let strict = send(&strict, get_open("/health")).await.json();
    let mild = send(&mild, get_open("/health")).await.json();
    let price = level(&strict, "cache", Some("routes-price"));
    assert_eq!(price["cause"], "few of its calls are hits", "{price:#}");
    assert_eq!((&price["numbers"]["hit_ratio"], &mild["status"]), (&0.5.into(), &"up".into()));
}

fn get_open(path: &str) -> Request<axum::body::Body> {
    Request::get(path).body(axum::body::Body::empty()).unwrap()
}

/// Returns a registry whose Redis does not exist.
async fn without_redis() -> Caches {
    let settings = CacheSettings::new().backend(Backend::Tiered);
    let builder = Caches::builder().isolated().redis_url("redis://planted:planted@127.0.0.1:1");
    builder.all(settings).build().await.expect("right settings")
}

#[tokio::test]
async fn a_server_that_is_down_is_told_with_the_way_out_and_calls_go_on() {
    let caches = without_redis().await;
    let app = routes(caches, access());
    let reply = send(&app, get("/health")).await;
    assert_eq!(reply.status, StatusCode::OK, "Redis is not required");
    let health = reply.json();
    assert_eq!(health["status"], "down", "{health:#}");
    let server = level(&health, "server", Some("127.0.0.1:1"));
    assert_eq!(server["status"], "down");
    assert!(!server["cause"].as_str().unwrap().is_empty() && server["since"].is_u64());
    let link = level(&health, "link", Some("127.0.0.1:1"));
    assert_eq!(link["numbers"]["staleness_bound"], "30s", "{link:#}");
    let ready = send(&app, get("/health/ready")).await;
    assert_eq!((ready.status, &*ready.body), (StatusCode::OK, r#"{"status":"up"}"#));
    // `send` looks for the user and the password of the URL.
    for path in ["/metrics", "/api/cache/stats", "/api/cache/routes-price", "/cache"] {
        assert_eq!(send(&app, get(path)).await.status, StatusCode::OK, "{path}");
    }
    let response = app.clone().oneshot(get("/cache/stream")).await.expect("a router does not fail");
    let mut stream = response.into_body().into_data_stream();
    let event = stream.next().await.expect("an event").expect("it cannot fail");
    let event = std::str::from_utf8(&event).expect("text");
    assert_private("/cache/stream", event);
    assert!(event.contains("127.0.0.1:1"), "{event}");
}

#[tokio::test]
async fn a_program_that_requires_redis_is_ready_while_redis_is_there() {
    let server = Server::start().await;
    let settings = CacheSettings::new().backend(Backend::Tiered);
    let builder = Caches::builder().isolated().redis_url(server.url()).required(true);
    let caches = builder.all(settings).build().await.expect("a server");
    let app = routes(caches.clone(), access());
    let patience = Duration::from_secs(20);
    let health = eventually("all is up", patience, async || {
        let health = send(&app, get("/health")).await.json();
        (health["status"] == "up").then_some(health)
    })
    .await;
    let link = level(&health, "link", None);
    assert_eq!(link["numbers"]["staleness_bound"], "milliseconds", "{health:#}");
    assert!(level(&health, "server", None)["numbers"]["round_trip_seconds"].is_number());
    assert_eq!(send(&app, get("/health/ready")).await.status, StatusCode::OK);
    let bounds = Thresholds::default().round_trip(Duration::ZERO).queue_age(Duration::ZERO);
    let strict = routes_with(caches.clone(), access(), bounds);
    let health = send(&strict, get("/health")).await.json();
    let cause = level(&health, "server", None)["cause"].as_str().expect("a cause");
    assert!(cause.contains("round trip is long"), "{cause}");
    server.kill();
    let reach = caches.scope(crate::support::price::invalidate(1, "planted")).await;
    assert_eq!(reach, Invalidation::Queued);
    let health = send(&strict, get("/health")).await.json();
    let registry = level(&health, "registry", None);
    assert_eq!(registry["numbers"]["queue_length"], 1, "{registry:#}");
    assert!(registry["cause"].as_str().expect("a cause").contains("waited"), "{registry:#}");
    let ready = eventually("it is not ready", patience, async || {
        let ready = send(&app, get("/health/ready")).await;
        (ready.status == StatusCode::SERVICE_UNAVAILABLE).then_some(ready)
    })
    .await;
    assert_eq!(ready.body, r#"{"status":"down"}"#);
    let health = send(&app, get("/health")).await;
    assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(level(&health.json(), "registry", None)["status"], "down");
    assert_eq!(send(&app, get("/health/live")).await.status, StatusCode::OK);
}
