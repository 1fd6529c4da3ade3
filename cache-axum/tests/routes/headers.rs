//! The headers of HTTP caches, from what served a response.

use std::time::Duration;

use axum::{
    Router, body::Body, extract::Path, http::Request, response::IntoResponse, routing::get,
};
use cachery::{
    Caches,
    axum::{ServedFrom, cache_headers, scope},
    cached,
};
use tower::ServiceExt as _;

#[cached(name = "headers-article", ttl = "10m", stale = "1h")]
async fn article(id: u64) -> String {
    format!("article {id}")
}

#[cached(name = "headers-kept", ttl = "forever")]
async fn kept(id: u64) -> u64 {
    id
}

#[cached(name = "headers-declined", ttl = "10m", cache_if = |_| false)]
async fn declined(id: u64) -> u64 {
    id
}

async fn page(Path(id): Path<u64>) -> impl IntoResponse {
    let served = article::served(id).await;
    (ServedFrom::of(&article::cache(), &served), served.value)
}

async fn both(Path(id): Path<u64>) -> impl IntoResponse {
    let (one, other) = (article::served(id).await, kept::served(id).await);
    let notes = (ServedFrom::of(&article::cache(), &one), ServedFrom::of(&kept::cache(), &other));
    (notes.0, notes.1, one.value)
}

async fn never(Path(id): Path<u64>) -> impl IntoResponse {
    let served = declined::served(id).await;
    ([("cache-control", "no-store")], ServedFrom::of(&declined::cache(), &served), "x")
}

/// Returns the headers `Age`, `Cache-Status` and `Cache-Control` of the response.
async fn headers(caches: &Caches, path: &str) -> [Option<String>; 3] {
    let app = Router::new()
        .route("/page/{id}", get(page))
        .route("/both/{id}", get(both))
        .route("/never/{id}", get(never))
        .route("/plain", get(async || "x"))
        .layer(cache_headers())
        .layer(scope(caches.clone()));
    let response = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    ["age", "cache-status", "cache-control"]
        .map(|name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()))
}

fn some(texts: [&str; 3]) -> [Option<String>; 3] {
    texts.map(|text| Some(text.to_owned()))
}

#[tokio::test]
async fn responses_tell_what_served_them() {
    let exact = cachery::config::CacheSettings::new().jitter(0.0);
    let caches = Caches::builder().isolated().all(exact).build().await.unwrap();
    caches.clock().stop();
    let loaded = headers(&caches, "/page/1").await;
    let status = "\"headers-article\"; fwd=miss; ttl=600";
    assert_eq!(loaded, some(["0", status, "private, max-age=600"]));
    caches.clock().advance(Duration::from_secs(100));
    let hit = headers(&caches, "/page/1").await;
    let status = "\"headers-article\"; hit; detail=memory; ttl=500";
    assert_eq!(hit, some(["100", status, "private, max-age=600"]));
    let two = headers(&caches, "/both/1").await;
    let status = format!("{status}, \"headers-kept\"; fwd=miss");
    assert_eq!(two, some(["100", &status, "private, max-age=600"]));
    assert_eq!(headers(&caches, "/plain").await, [None, None, None]);
}

#[tokio::test]
async fn a_response_that_was_loaded_tells_the_life_that_its_value_has_by_the_jitter() {
    let spread = cachery::config::CacheSettings::new().jitter(0.5);
    let caches = Caches::builder().isolated().all(spread).build().await.unwrap();
    caches.clock().stop();
    let mut lives = Vec::new();
    for id in 0..20 {
        let path = format!("/page/{id}");
        let [_, _, loaded] = headers(&caches, &path).await;
        let [_, _, hit] = headers(&caches, &path).await;
        assert_eq!(loaded, hit);
        lives.extend(loaded);
    }
    lives.sort_unstable();
    lives.dedup();
    assert!(lives.len() > 1, "{lives:?}");
}

#[tokio::test]
async fn what_is_not_stored_or_stale_is_not_to_be_kept_by_others() {
    let caches = Caches::isolated();
    let status = "\"headers-declined\"; fwd=miss; ttl=0";
    assert_eq!(headers(&caches, "/never/1").await, some(["0", status, "no-store"]));
    caches.clock().stop();
    headers(&caches, "/page/1").await;
    caches.clock().advance(Duration::from_secs(700));
    let renewed = headers(&caches, "/page/1").await;
    assert!(renewed[1].as_ref().unwrap().contains("fwd=miss"), "{renewed:?}");
}
