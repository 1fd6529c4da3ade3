//! Changes from outside.

use axum::http::{Request, StatusCode};
use cachery::{Caches, axum::routes};
use cachery_test_support::Log;

use crate::support::{UNLIKELY, access, assert_private, get, idle, post, price, program, send};

#[tokio::test]
async fn clear_makes_all_entries_invalid() {
    let (caches, app) = program().await;
    let reply = send(&app, post("/api/cache/routes-price/clear", "")).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.body, r#"{"action":"clear","cache":"routes-price","reach":"local"}"#);
    caches.scope(async { assert_eq!(price::peek(UNLIKELY, "planted-a").await, None) }).await;
}

#[tokio::test]
async fn a_cache_is_switched_off_and_on() {
    let (caches, app) = program().await;
    let hits = || caches.get("routes-price").unwrap().stats().hits;
    let before = hits();
    let off = send(&app, post("/api/cache/routes-price/disable", "{}")).await;
    assert_eq!(off.json()["enabled"], false);
    caches.scope(price(UNLIKELY, "planted-a")).await.unwrap();
    assert_eq!(hits(), before, "while it is off, the function runs");
    let shown = send(&app, get("/api/cache/routes-price")).await.json();
    assert_eq!(shown["sites"][0]["policy"]["enabled"], false);
    let on = send(&app, post("/api/cache/routes-price/enable", "{}")).await;
    assert_eq!(on.json()["enabled"], true);
    caches.scope(price(UNLIKELY, "planted-a")).await.unwrap();
    assert_eq!(hits(), before + 1);
}

#[tokio::test]
async fn reload_puts_changed_settings_into_effect_or_tells_the_faults() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("routes-reload.toml");
    std::fs::write(&file, "").unwrap();
    let path = file.to_str().unwrap();
    let caches = Caches::builder().isolated().file(path).build().await.unwrap();
    let app = routes(caches.clone(), access());
    std::fs::write(&file, "[cache.routes-idle]\nttl = \"10m\"\n").unwrap();
    let reply = send(&app, post("/api/cache/reload", "")).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(reply.json()["changed"][0]["field"], "ttl");
    std::fs::write(&file, "[cache.routes-idle]\nttl = \"-1\"\n").unwrap();
    let reply = send(&app, post("/api/cache/reload", "")).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reply.json()["faults"].as_array().unwrap().len(), 1);
    let policy = caches.get("routes-idle").unwrap().policy();
    assert_eq!(policy.ttl, Some(std::time::Duration::from_secs(600)));
}

#[tokio::test]
async fn another_sites_page_changes_nothing() {
    let (caches, app) = program().await;
    let from = |name: &'static str, value: &'static str| {
        let (mut parts, body) = post("/api/cache/routes-price/clear", "").into_parts();
        parts.headers.insert("host", "caches.example".parse().unwrap());
        parts.headers.insert(name, value.parse().unwrap());
        Request::from_parts(parts, body)
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        assert_eq!(send(&app, from(name, value)).await.status, StatusCode::FORBIDDEN, "{value}");
    }
    assert_eq!(caches.get("routes-price").unwrap().stats().invalidations.cache, 0);
    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", "https://caches.example")] {
        assert_eq!(send(&app, from(name, value)).await.status, StatusCode::OK, "{value}");
    }
}

#[tokio::test]
async fn every_change_leaves_one_audit_line_without_secrets() {
    let log = Log::default();
    let _listening = log.of_thread();
    let (_, app) = program().await;
    let paths = ["routes-price/clear", "routes-price/disable", "routes-price/enable", "reload"];
    for path in paths {
        send(&app, post(&format!("/api/cache/{path}"), "")).await;
    }
    send(&app, post("/api/cache/no-such-cache/clear", "")).await;
    let text = log.text();
    assert_private("the log", &text);
    let lines: Vec<_> = text.lines().filter(|line| line.contains("cachery::audit")).collect();
    assert_eq!(lines.len(), paths.len(), "{text}");
    assert!(lines.iter().all(|line| line.contains("caller=\"ops\"")), "{lines:?}");
    assert!(lines[0].contains("action=\"clear\"") && lines[0].contains("routes-price"));
}

#[tokio::test]
async fn a_change_of_an_unknown_cache_or_kind_is_not_found() {
    let (_, app) = program().await;
    for path in ["no-such-cache/clear", "routes-idle/explode", "stats/clear"] {
        let reply = send(&app, post(&format!("/api/cache/{path}"), "")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
    let reply = send(&app, get("/api/cache/routes-idle/clear")).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    // The functions of the tests are used.
    idle(1).await;
}
