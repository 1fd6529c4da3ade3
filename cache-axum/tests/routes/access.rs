//! The callers who may use the routes.

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, StatusCode, request::Parts},
};
use cachery::{
    Caches,
    axum::{Access, Authorize, Right, routes},
};

use crate::support::{OPS, READER, access, get, idle, post, program, request, send};

const READS: [&str; 4] = ["/health", "/metrics", "/api/cache/stats", "/api/cache/routes-price"];
const CHANGES: [&str; 5] = [
    "/api/cache/routes-price/clear",
    "/api/cache/routes-price/disable",
    "/api/cache/routes-price/enable",
    "/api/cache/reload",
    "/api/cache/routes-price/explain",
];

fn bare(method: Method, path: &str) -> Request<Body> {
    let request = request(method, path).header("content-type", "application/json");
    request.body(Body::empty()).unwrap()
}

fn with_token(request: Request<Body>, token: &str) -> Request<Body> {
    let (mut parts, body) = request.into_parts();
    parts.headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    Request::from_parts(parts, body)
}

fn from(request: Request<Body>, address: &str) -> Request<Body> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(ConnectInfo(address.parse::<SocketAddr>().unwrap()));
    Request::from_parts(parts, body)
}

#[tokio::test]
async fn without_an_access_only_the_probes_exist() {
    let app = routes(Caches::isolated(), None);
    for path in ["/health/live", "/health/ready"] {
        let reply = send(&app, bare(Method::GET, path)).await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::OK, r#"{"status":"up"}"#), "{path}");
    }
    for path in READS.into_iter().chain(CHANGES) {
        for method in [Method::GET, Method::POST] {
            let reply = send(&app, with_token(bare(method, path), OPS)).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test]
async fn without_a_token_or_with_a_wrong_one_nothing_is_shown_and_nothing_happens() {
    let (caches, app) = program().await;
    let before = format!("{:?}", caches.report().caches);
    for path in READS.into_iter().chain(CHANGES) {
        let method = if CHANGES.contains(&path) { Method::POST } else { Method::GET };
        let without = send(&app, bare(method.clone(), path)).await;
        let wrong =
            send(&app, with_token(bare(method, path), "a wrong secret of some bytes")).await;
        for reply in [without, wrong] {
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
            assert!(!reply.body.contains("routes-"), "{reply:?}");
        }
    }
    assert_eq!(format!("{:?}", caches.report().caches), before);
}

#[tokio::test]
async fn a_token_that_reads_changes_nothing() {
    let (caches, app) = program().await;
    for path in CHANGES {
        let reply = send(&app, with_token(post(path, ""), READER)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
    let cache = caches.get("routes-price").unwrap();
    assert!(cache.policy().enabled && cache.stats().invalidations.cache == 0);
    for path in READS {
        assert_eq!(send(&app, get(path)).await.status, StatusCode::OK, "{path}");
        assert_eq!(send(&app, with_token(get(path), OPS)).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn open_reads_need_no_token_and_changes_do() {
    let app = routes(Caches::isolated(), Access::token("ops", OPS).open_reads());
    for path in READS {
        assert_eq!(send(&app, bare(Method::GET, path)).await.status, StatusCode::OK, "{path}");
    }
    for path in CHANGES {
        let reply = send(&app, bare(Method::POST, path)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn a_short_secret_opens_nothing() {
    for short in ["", "short", "fifteen-bytes-x"] {
        let app = routes(Caches::isolated(), Access::token("ops", short));
        let reply = send(&app, with_token(bare(Method::GET, "/health"), short)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{short}");
    }
    let app = routes(Caches::isolated(), Access::token("ops", "short").open_reads());
    let health = send(&app, bare(Method::GET, "/health")).await.json();
    let told = health["levels"][1]["details"][0].as_str().unwrap();
    assert!(told.contains("`ops`") && told.contains("openssl rand"), "{health}");
    assert_eq!(health["levels"][1]["numbers"]["notes"], 1, "{health}");
    let sixteen = "sixteen-bytes-xy";
    let app = routes(Caches::isolated(), Access::token("ops", sixteen));
    let reply = send(&app, with_token(bare(Method::GET, "/health"), sixteen)).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn odd_authorization_headers_are_wrong_tokens() {
    let app = routes(Caches::isolated(), access());
    for header in ["", "Bearer", "Bearer ", "Basic cGxhbnRlZA==", OPS, &format!("Bearer  {OPS}")] {
        let request = request(Method::GET, "/health").header("authorization", header);
        let reply = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{header:?}");
    }
    let twice = request(Method::GET, "/health")
        .header("authorization", format!("Bearer {OPS}"))
        .header("authorization", format!("Bearer {OPS}"));
    let reply = send(&app, twice.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    let lower = request(Method::GET, "/health").header("authorization", format!("bearer {OPS}"));
    let reply = send(&app, lower.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn failed_attempts_of_a_peer_are_limited_and_a_right_token_is_still_accepted() {
    let app = routes(Caches::isolated(), access());
    let wrong = || with_token(bare(Method::GET, "/health"), "a wrong secret of some bytes");
    let mut codes = Vec::new();
    for _ in 0..25 {
        codes.push(send(&app, from(wrong(), "10.0.0.1:1")).await.status.as_u16());
    }
    assert_eq!(codes, [[401; 20].as_slice(), [429; 5].as_slice()].concat());
    let limited = send(&app, from(wrong(), "10.0.0.1:2")).await;
    assert!((1..=61).contains(&limited.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(send(&app, from(wrong(), "10.0.0.2:1")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&app, from(get("/health"), "10.0.0.1:3")).await.status, StatusCode::OK);
}

/// Lets the user of a header in.
struct Header;

impl Authorize for Header {
    fn authorize(&self, request: &Parts, wants: Right) -> Option<String> {
        let user = request.headers.get("x-user")?.to_str().ok()?;
        (wants == Right::Read || user == "admin").then(|| user.to_owned())
    }
}

#[tokio::test]
async fn an_access_of_the_programs_own_decides() {
    let caches = Caches::isolated();
    caches.scope(idle(1)).await;
    let app: Router = routes(caches.clone(), Access::by(Header));
    let by = |user: &str, method, path| {
        let request = request(method, path).header("x-user", user);
        request.header("content-type", "application/json").body(Body::empty()).unwrap()
    };
    let clear = "/api/cache/routes-idle/clear";
    assert_eq!(send(&app, by("guest", Method::GET, "/health")).await.status, StatusCode::OK);
    let reply = send(&app, by("guest", Method::POST, clear)).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(send(&app, by("admin", Method::POST, clear)).await.status, StatusCode::OK);
    assert_eq!(caches.get("routes-idle").unwrap().stats().invalidations.cache, 1);
}
