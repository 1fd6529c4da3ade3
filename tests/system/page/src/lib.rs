//! A program with a past: an hour of its calls passes in seconds, and then it serves its page.
#![allow(clippy::missing_panics_doc, reason = "a program of a test panics where it cannot go on")]

use std::{net::SocketAddr, thread, time::Duration};

use axum::Router;
use cachery::{
    Caches,
    axum::{Access, Thresholds, routes_with},
};
use tokio::{net::TcpListener, sync::oneshot, task::spawn_blocking, time};

/// The token that may change. It is printed nowhere, and no page may have it in it.
pub const OPS: &str = "the-ops-token-of-the-page-test";
/// The token that may read.
pub const READER: &str = "the-reader-token-of-the-page-test";

/// The time between two samples of the routes.
const SLOT: Duration = Duration::from_secs(15);

/// Returns the routes of `caches`, which begin to take samples.
pub fn app(caches: &Caches) -> Router {
    let access = Access::token("ops", OPS).read_token("reader", READER);
    // A machine that has much to do takes its time for a round trip.
    let thresholds = Thresholds::default().round_trip(Duration::from_secs(5));
    Router::new().nest("/ops", routes_with(caches.clone(), access, thresholds))
}

/// Lets `slots` times a quarter of a minute pass, each after the calls that `calls` makes in it.
///
/// Time is stopped meanwhile and moved by hand alone, so that no request to Redis, which has a
/// thread of its own, runs out of it: tokio moves a stopped clock by itself, unless something
/// blocks.
pub async fn pass(slots: u32, mut calls: impl AsyncFnMut(u32)) {
    time::pause();
    let (end, ended) = oneshot::channel::<()>();
    let blocking = spawn_blocking(|| ended.blocking_recv());
    for slot in 0..slots {
        calls(slot).await;
        time::advance(SLOT).await;
        // The routes take their sample, for which they ask Redis.
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(1));
            tokio::task::yield_now().await;
        }
    }
    drop(end);
    let _ = blocking.await;
    time::resume();
}

/// Serves at a free port, whose address is printed, until the process is killed.
pub async fn serve(app: Router) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("http://{}/ops/cache", listener.local_addr().expect("a bound listener"));
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.expect("it serves until it is killed");
}
