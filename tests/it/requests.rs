//! A registry that a layer carries into each request of a server, over a real socket.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use axum::{
    Router,
    extract::{Path, Request},
    middleware::{Next, from_fn},
    routing::get,
};
use cachery::{Caches, cached};

#[cached(name = "requests-greeting", ttl = "1h")]
async fn greeting(name: &str) -> String {
    format!("hello {name}")
}

async fn greet(Path(name): Path<String>) -> String {
    greeting(&name).await
}

/// Returns the response to `GET path`, with its head.
fn response(server: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(server).expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("text");
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_carries_a_registry_into_each_request() {
    let caches = Caches::isolated();
    let carried = caches.clone();
    let layer = from_fn(move |request: Request, next: Next| carried.scope(next.run(request)));
    let router = Router::new().route("/greet/{name}", get(greet)).layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let server = listener.local_addr().expect("it is bound");
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });

    for _ in 0..2 {
        let asked = tokio::task::spawn_blocking(move || response(server, "/greet/ada")).await;
        assert!(asked.expect("no panic").ends_with("hello ada"));
    }
    let stats = caches.get("requests-greeting").expect("it is declared above").stats();
    assert_eq!((stats.hits, stats.misses), (1, 1));
    serving.abort();
}
