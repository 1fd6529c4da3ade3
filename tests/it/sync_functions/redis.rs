//! Shared caches, with a runtime around the call and without one.

use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use cachery::{Backend, Caches, Invalidation, cached, config::CacheSettings, invalidate};
use cachery_test_support::{Direction, Proxy, Server};
use tokio::runtime::Builder;

#[cached(name = "sync-redis", ttl = "1h", skip(runs))]
fn number(id: u64, runs: &AtomicUsize) -> usize {
    runs.fetch_add(1, SeqCst) + 1
}

#[invalidate(number(id, _))]
fn change(id: u64) -> u64 {
    id
}

/// The budget of calls that run out of it.
const DEADLINE: Duration = Duration::from_millis(300);
/// The budget of those that do not: more than a busy machine needs.
const AMPLE: Duration = Duration::from_secs(10);

async fn node(url: &str, backend: Backend, deadline: Duration) -> Caches {
    let builder = Caches::builder().isolated().redis_url(url).required(true);
    let settings = CacheSettings::new().backend(backend);
    builder.all(settings).remote_deadline(deadline).build().await.expect("a node")
}

fn on_a_thread<T: Send>(caches: &Caches, act: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(|| caches.sync_scope(act)).join().expect("no panic"))
}

/// Calls on two nodes, one after the other, and invalidates.
fn used(one: &Caches, two: &Caches) {
    let runs = AtomicUsize::new(0);
    assert_eq!(one.sync_scope(|| number(1, &runs)), 1);
    assert_eq!(two.sync_scope(|| (number(1, &runs), number::peek(1))), (1, Some(1)));
    assert_eq!(two.sync_scope(|| change(1)), 1);
    assert_eq!(one.sync_scope(|| number::peek(1)), None);
    one.sync_scope(|| number::put(1, 7));
    assert_eq!(two.sync_scope(|| number(1, &runs)), 7);
    assert_eq!(one.sync_scope(|| number::refresh(1, &runs)), 2);
    assert_eq!(two.sync_scope(|| number::invalidate(1)), Invalidation::Everywhere);
}

#[test]
fn threads_without_a_runtime_share_values_over_redis() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start());
    let nodes = runtime.block_on(async {
        let url = server.url();
        (node(&url, Backend::Redis, AMPLE).await, node(&url, Backend::Redis, AMPLE).await)
    });
    thread::scope(|scope| scope.spawn(|| used(&nodes.0, &nodes.1)).join().expect("no panic"));
}

/// The connection of this runtime could not be driven while its one thread is parked.
#[test]
fn on_a_current_thread_runtime_values_are_shared_over_redis() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::start().await;
        let url = server.url();
        let nodes =
            (node(&url, Backend::Redis, AMPLE).await, node(&url, Backend::Redis, AMPLE).await);
        used(&nodes.0, &nodes.1);
    });
}

#[test]
fn a_server_that_does_not_reply_costs_the_budget() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (_server, proxy, caches) = runtime.block_on(async {
        let server = Server::start().await;
        let proxy = Proxy::to(server.address());
        let caches = node(&server.url_through(&proxy), Backend::Tiered, DEADLINE).await;
        (server, proxy, caches)
    });
    let runs = AtomicUsize::new(0);
    assert_eq!(on_a_thread(&caches, || number(1, &runs)), 1);
    proxy.stall(Direction::Replies);
    let began = Instant::now();
    assert_eq!(on_a_thread(&caches, || number(2, &runs)), 2);
    let took = began.elapsed();
    assert!(took > DEADLINE / 2 && took < AMPLE, "{took:?}");
}
