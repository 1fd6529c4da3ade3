//! Hostile requests leave the routes serving, and change nothing.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{Method, Request, StatusCode},
};

use crate::support::{OPS, get, post, program, request, send};

const CLEAR: &str = "/api/cache/routes-price/clear";

fn of_type(content_type: Option<&str>, body: &'static str) -> Request<Body> {
    let mut builder = request(Method::POST, CLEAR).header("authorization", format!("Bearer {OPS}"));
    if let Some(content_type) = content_type {
        builder = builder.header("content-type", content_type);
    }
    builder.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn a_change_takes_json_only() {
    let (caches, app) = program().await;
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("text/plain; application/json"),
        Some("application/jsonp"),
    ] {
        let reply = send(&app, of_type(content_type, "{}")).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type:?}");
    }
    assert_eq!(caches.get("routes-price").unwrap().stats().invalidations.cache, 0);
    let reply = send(&app, of_type(Some("Application/JSON; charset=utf-8"), "{}")).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_are_bounded() {
    let (caches, app) = program().await;
    let huge = send(&app, post(CLEAR, vec![b'['; 1 << 20])).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    let deep = send(&app, post(CLEAR, vec![b'['; 60_000])).await;
    assert_eq!(deep.status, StatusCode::BAD_REQUEST);
    for odd in ["{", "[]", "{\"a\":1}", "1", "\"x\"", "\u{0}"] {
        assert_eq!(send(&app, post(CLEAR, odd)).await.status, StatusCode::BAD_REQUEST, "{odd}");
    }
    assert_eq!(caches.get("routes-price").unwrap().stats().invalidations.cache, 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let (_, app) = program().await;
    let endless = Body::new(Endless);
    let began = tokio::time::Instant::now();
    let reply = send(&app, post(CLEAR, endless)).await;
    assert_eq!(reply.status, StatusCode::REQUEST_TIMEOUT);
    assert!(began.elapsed() < Duration::from_secs(11));
}

/// A body of which nothing arrives.
struct Endless;

impl axum::body::HttpBody for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn ten_thousand_hostile_requests_leave_the_routes_serving() {
    let (caches, app) = program().await;
    let before = format!("{:?}", caches.report().caches);
    let paths = [
        "/",
        "//",
        "/..",
        "/health/../metrics",
        "/api/cache/",
        "/api/cache//clear",
        "/api/cache/%00",
        "/api/cache/%ff%fe",
        "/api/cache/%2e%2e%2f",
        "/api/cache/{name}",
        "/api/cache/planted-name/clear",
        "/api/cache/routes-price/%63lea",
        "/metrics/",
        "/cache?token=planted",
        "/cache/",
        "/cache/stream/",
        "/cache/%00",
        "/health/",
        "/api/cache/planted%0d%0aset-cookie:x",
        "/api/cache/stats?token=planted&x[]=%00",
    ];
    let methods =
        [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE];
    let long = "a".repeat(8000);
    let bodies: [&[u8]; 5] = [b"", b"{", b"[[[[", b"\xff\xfe\0", br#"{"planted":"planted"}"#];
    let mut sent = 0;
    while sent < 10_000 {
        for (nth, path) in paths.iter().chain([&&*format!("/api/cache/{long}")]).enumerate() {
            let method = methods[(sent + nth) % methods.len()].clone();
            let body = bodies[(sent / 7 + nth) % bodies.len()];
            let builder = request(method, path)
                .header(
                    "authorization",
                    if sent % 3 == 0 { format!("Bearer {OPS}") } else { "Bearer planted".into() },
                )
                .header(
                    "content-type",
                    if sent % 2 == 0 { "application/json" } else { "text/html" },
                )
                .header("accept", "text/plain;q=\"")
                .header("if-none-match", "\"planted\", W/, ,")
                .header("x-forwarded-for", "planted")
                .header("connection", "keep-alive, planted");
            let Ok(request) = builder.body(Body::from(body.to_vec())) else { continue };
            let reply = send(&app, request).await;
            assert!(reply.status.as_u16() < 500, "{path}: {reply:?}");
            sent += 1;
        }
    }
    assert_eq!(format!("{:?}", caches.report().caches), before);
    assert_eq!(send(&app, get("/health")).await.status, StatusCode::OK);
}
