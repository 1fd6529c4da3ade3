//! Changes from outside.

use axum::http::{Request, StatusCode};
use cachery::{
    CacheKey, Caches,
    axum::{Access, routes},
    cached, caches,
};
use cachery_test_support::Log;

use crate::support::{
    OPS, UNLIKELY, access, assert_private, get, idle, post, price, program, send,
};

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
async fn invalidate_takes_the_parts_of_one_key() {
    let (caches, app) = program().await;
    let path = "/api/cache/routes-price/invalidate";
    let body = format!("[{UNLIKELY}, \"planted-a\"]");
    let reply = send(&app, post(path, body)).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(reply.body, r#"{"action":"invalidate","cache":"routes-price","reach":"local"}"#);
    caches
        .scope(async {
            assert_eq!(price::peek(UNLIKELY, "planted-a").await, None);
            assert!(price::peek(UNLIKELY, "planted-b").await.is_some(), "another key stays");
        })
        .await;
    assert_eq!(caches.get("routes-price").unwrap().stats().invalidations.key, 1);
    // A key that was never stored is invalid, too.
    assert_eq!(send(&app, post(path, "[1, \"planted-x\"]")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn expire_takes_one_key_or_all_and_the_old_value_serves_a_load_that_fails() {
    let (caches, app) = program().await;
    let path = "/api/cache/routes-price/expire";
    let peek = async |text| caches.scope(price::peek(UNLIKELY, text)).await;
    let body = format!("[{UNLIKELY}, \"planted-a\"]");
    let reply = send(&app, post(path, body)).await;
    assert_eq!(reply.body, r#"{"action":"expire","cache":"routes-price","reach":"local"}"#);
    assert_eq!((peek("planted-a").await, peek("planted-b").await.is_some()), (None, true));
    for body in ["", "{}"] {
        caches.scope(price(UNLIKELY, "planted-b")).await.unwrap();
        assert_eq!(send(&app, post(path, body)).await.status, StatusCode::OK);
        assert_eq!(peek("planted-b").await, None, "{body}");
    }
    assert_eq!(send(&app, post(path, "[1]")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let counted = caches.get("routes-price").unwrap().stats().invalidations;
    assert_eq!((counted.key, counted.cache), (1, 2));
}

#[tokio::test]
async fn a_key_that_is_not_one_is_refused_with_the_list_of_parts() {
    let (caches, app) = program().await;
    let path = "/api/cache/routes-price/invalidate";
    for (body, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("{\"id\": 8675309}", StatusCode::BAD_REQUEST),
        ("[8675309, \"planted-a\"", StatusCode::BAD_REQUEST),
        ("[8675309]", StatusCode::UNPROCESSABLE_ENTITY),
        ("[8675309, \"planted-a\", 1]", StatusCode::UNPROCESSABLE_ENTITY),
        ("[\"planted-a\", 8675309]", StatusCode::UNPROCESSABLE_ENTITY),
        ("[-8675309, \"planted-a\"]", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let reply = send(&app, post(path, body)).await;
        assert_eq!(reply.status, status, "{body}: {reply:?}");
        assert_eq!(reply.json()["parts"], serde_json::json!(["id: u64", "text: &str"]), "{body}");
    }
    assert_eq!(caches.get("routes-price").unwrap().stats().invalidations.key, 0);
}

#[tokio::test]
async fn a_cache_whose_parts_have_no_form_in_json_says_so() {
    let (caches, app) = program().await;
    caches
        .scope(async {
            of_user(UserId(1)).await;
            of_expression("planted").await;
            of_type(&1_u8).await;
            Shop.order(1).await;
        })
        .await;
    for (name, parts) in [
        ("routes-user", vec!["id: UserId"]),
        ("routes-expression", vec!["text: &str", "key(text.len())"]),
        ("routes-type", vec!["id: &T", "a type or a constant that tells calls apart"]),
        ("routes-method", vec!["id: u64", "a type or a constant that tells calls apart"]),
    ] {
        let reply = send(&app, post(&format!("/api/cache/{name}/invalidate"), "[1]")).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {reply:?}");
        let shown = reply.json()["parts"].to_string().replace(' ', "");
        assert_eq!(shown, serde_json::json!(parts).to_string().replace(' ', ""), "{name}");
    }
}

#[tokio::test]
async fn a_declared_cache_takes_the_parts_of_its_key() {
    let (caches, app) = program().await;
    caches
        .scope(async {
            ORDERS.put(&(7, "planted".to_owned()), 1).await;
            USERS.put("planted", 1).await;
        })
        .await;
    let orders = send(&app, post("/api/cache/routes-orders/invalidate", "[7, \"planted\"]")).await;
    let users = send(&app, post("/api/cache/routes-users/invalidate", "[\"planted\"]")).await;
    assert_eq!((orders.status, users.status), (StatusCode::OK, StatusCode::OK));
    caches
        .scope(async {
            assert_eq!(ORDERS.get(&(7, "planted".to_owned())).await, None);
            assert_eq!(USERS.get("planted").await, None);
        })
        .await;
}

caches! {
    static TENANT: Tag<u64> = { name: "routes-tenant" };
    static REGION: Tag<(String, u8)> = { name: "routes-region" };
    static OWNER: Tag<UserId> = { name: "routes-owner" };
}

#[cached(name = "routes-tagged", ttl = "1h", tags(TENANT(tenant), REGION(region, 1_u8)))]
async fn tagged(tenant: u64, region: &str) -> u64 {
    tenant + region.len() as u64
}

#[tokio::test]
async fn a_value_of_a_tag_is_invalidated_by_its_parts() {
    let (caches, app) = program().await;
    let fill = async {
        for tenant in [UNLIKELY, 1] {
            tagged(tenant, "planted-north").await;
        }
    };
    let held = async || {
        let peek = async |tenant| tagged::peek(tenant, "planted-north").await.is_some();
        [peek(UNLIKELY).await, peek(1).await]
    };
    caches.scope(fill).await;
    let path = |tag: &str| format!("/api/cache/tags/{tag}/invalidate");
    let reply = send(&app, post(&path("routes-tenant"), format!("[{UNLIKELY}]"))).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(reply.body, r#"{"action":"invalidate","reach":"local","tag":"routes-tenant"}"#);
    assert_eq!(caches.scope(held()).await, [false, true]);
    let reply = send(&app, post(&path("routes-region"), "[\"planted-north\", 1]")).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert_eq!(caches.scope(held()).await, [false, false]);
    for (tag, body, status) in [
        ("routes-tenant", "", StatusCode::BAD_REQUEST),
        ("routes-tenant", "8675309", StatusCode::BAD_REQUEST),
        ("routes-tenant", "[\"planted\"]", StatusCode::UNPROCESSABLE_ENTITY),
        ("routes-region", "[\"planted\"]", StatusCode::UNPROCESSABLE_ENTITY),
        ("routes-owner", "[1]", StatusCode::UNPROCESSABLE_ENTITY),
        ("no-such-tag", "[1]", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(send(&app, post(&path(tag), body)).await.status, status, "{tag}: {body}");
    }
    let all = send(&app, get("/api/cache/stats")).await.json();
    let tags = all["tags"].as_array().unwrap();
    let region = tags.iter().find(|tag| tag["name"] == "routes-region").unwrap();
    assert_eq!(region["value"], serde_json::json!(["_: String", "_: u8"]));
}

#[derive(CacheKey, Clone, Copy, PartialEq, Eq, Hash)]
struct UserId(u64);

#[cached(name = "routes-user", ttl = "1h")]
async fn of_user(id: UserId) -> u64 {
    id.0
}

#[cached(name = "routes-expression", ttl = "1h", key(text.len()))]
async fn of_expression(text: &str) -> usize {
    text.len()
}

#[cached(name = "routes-type", ttl = "1h")]
async fn of_type<T: CacheKey + std::fmt::Debug + Sync>(id: &T) -> usize {
    format!("{id:?}").len()
}

struct Shop;

impl Shop {
    #[cached(name = "routes-method", ttl = "1h", skip(self))]
    async fn order(&self, id: u64) -> u64 {
        id
    }
}

caches! {
    static ORDERS: Cache<(u64, String), u8> = { name: "routes-orders", ttl: "1h" };
    static USERS: Cache<String, u8> = { name: "routes-users", ttl: "1h" };
}

#[tokio::test]
async fn every_change_leaves_one_audit_line_without_secrets() {
    // Of all tests in this process: a log of one thread misses lines that others wrote first.
    let log = Log::default();
    log.of_process();
    let (caches, _) = program().await;
    let app = routes(caches, Access::token("auditor", OPS));
    let paths = ["routes-price/clear", "routes-price/disable", "routes-price/enable", "reload"];
    for path in paths {
        send(&app, post(&format!("/api/cache/{path}"), "")).await;
    }
    send(&app, post("/api/cache/no-such-cache/clear", "")).await;
    let key = format!("[{UNLIKELY}, \"planted-a\"]");
    send(&app, post("/api/cache/routes-price/invalidate", key)).await;
    let text = log.text();
    assert_private("the log", &text);
    let is_audit = |line: &&str| line.contains("cachery::audit") && line.contains("auditor");
    let lines: Vec<_> = text.lines().filter(is_audit).collect();
    assert_eq!(lines.len(), paths.len() + 1, "{text}");
    assert!(lines[paths.len()].contains("digest=\""), "{text}");
    assert!(lines.iter().all(|line| line.contains("caller=\"auditor\"")), "{lines:?}");
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
