//! The routes over a socket, nested below a path.

use std::net::SocketAddr;

use axum::Router;
use cachery::{
    Caches,
    axum::{routes, scope},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::support::{OPS, READER, access, assert_private, idle};

/// Sends `request` and returns the whole response.
async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert_private(request.lines().next().unwrap_or_default(), &response);
    response
}

fn request(line: &str, token: &str) -> String {
    format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 0\r\n\r\n"
    )
}

#[tokio::test]
async fn the_routes_serve_below_a_path() {
    let caches = Caches::isolated();
    let handler = axum::routing::get(async || idle(1).await.to_string());
    let app = Router::new()
        .route("/idle", handler)
        .layer(scope(caches.clone()))
        .nest("/ops", routes(caches.clone(), access()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await });
    let get = async |path: &str, token| ask(address, &request(&format!("GET {path}"), token)).await;
    get("/idle", "").await;
    get("/idle", "").await;
    assert!(get("/ops/health/live", "").await.starts_with("HTTP/1.1 200"));
    assert!(get("/ops/health", "").await.starts_with("HTTP/1.1 401"));
    let stats = get("/ops/api/cache/routes-idle", READER).await;
    assert!(stats.contains("\"hits\":1,\"misses\":1"), "{stats}");
    // Of one peer, as `ConnectInfo` tells: the 20th wrong token was the last to be told so.
    let mut last = String::new();
    for _ in 0..21 {
        last = get("/ops/health", "a wrong secret of some bytes").await;
    }
    assert!(last.starts_with("HTTP/1.1 429"), "{last}");
    let clear = request("POST /ops/api/cache/routes-idle/clear", OPS);
    assert!(ask(address, &clear).await.starts_with("HTTP/1.1 200"));
    assert_eq!(caches.get("routes-idle").unwrap().stats().invalidations.cache, 1);
    // Half a request keeps nobody else from being served.
    let mut open = TcpStream::connect(address).await.unwrap();
    open.write_all(b"POST /ops/api/cache/routes-idle/clear HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    assert!(get("/ops/health", READER).await.starts_with("HTTP/1.1 200"));
    server.abort();
}
