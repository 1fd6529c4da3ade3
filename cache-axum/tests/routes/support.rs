//! A program with caches, and its routes. Arguments, values and secrets have the word "planted" or
//! the number [`UNLIKELY`] in them, and every response is searched for both.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode, header::AUTHORIZATION},
};
use cachery::{
    Caches,
    axum::{Access, routes},
    cached,
};
use serde_json::Value;
use tower::ServiceExt as _;

pub(crate) const UNLIKELY: u64 = 8_675_309;
pub(crate) const OPS: &str = "planted-ops-secret-of-many-bytes";
pub(crate) const READER: &str = "planted-reader-secret-of-many-bytes";

#[cached(name = "routes-price", ttl = "1h", capacity = 1000)]
pub(crate) async fn price(id: u64, text: &str) -> Result<String, String> {
    if text == "planted-error" {
        Err("planted-error".to_owned())
    } else {
        Ok(format!("planted-value-{id}"))
    }
}

#[cached(name = "routes-idle", ttl = "1h")]
pub(crate) async fn idle(id: u32) -> u32 {
    id
}

/// A response that has been received.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

pub(crate) fn access() -> Access {
    Access::token("ops", OPS).read_token("reader", READER)
}

/// A registry of its own, in which some calls were made, with its routes.
pub(crate) async fn program() -> (Caches, Router) {
    let caches = Caches::isolated();
    caches.scope(calls()).await;
    let app = routes(caches.clone(), access());
    (caches, app)
}

/// Three loads, of which one fails, and one hit.
pub(crate) async fn calls() {
    for text in ["planted-a", "planted-a", "planted-b", "planted-error"] {
        let _ = price(UNLIKELY, text).await;
    }
}

pub(crate) fn request(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path)
}

/// Returns a request to read, with the token of a reader.
pub(crate) fn get(path: &str) -> Request<Body> {
    let request = request(Method::GET, path).header(AUTHORIZATION, format!("Bearer {READER}"));
    request.body(Body::empty()).expect("a right request")
}

/// Returns a request to change something, with the token for it.
pub(crate) fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    request(Method::POST, path)
        .header(AUTHORIZATION, format!("Bearer {OPS}"))
        .header("content-type", "application/json")
        .body(body.into())
        .expect("a right request")
}

/// Sends a request and searches the response for what must not be in it.
pub(crate) async fn send(app: &Router, request: Request<Body>) -> Reply {
    let sent = format!("{} {}", request.method(), request.uri());
    let response = app.clone().oneshot(request).await.expect("a router does not fail");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 24).await.expect("a whole body");
    let body = String::from_utf8(body.into()).expect("text");
    let reply = Reply { status: parts.status, headers: parts.headers, body };
    assert_private(&sent, &format!("{reply:?}"));
    reply
}

/// Checks that no argument, value or secret is in the text.
#[track_caller]
pub(crate) fn assert_private(from: &str, text: &str) {
    let unlikely = UNLIKELY.to_string();
    assert!(!text.contains("planted") && !text.contains(&unlikely), "{from}: {text}");
}
