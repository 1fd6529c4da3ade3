//! The memory of a node when other nodes change Redis at the same moment, or when one of its
//! callers is cancelled.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use cachery::{Backend, Caches, Invalidation, cached, config::CacheSettings};
use cachery_test_support::{Probe, Proxy, Server, ended, eventually, until};
use tokio::{runtime::Builder, sync::Notify};

const PATIENCE: Duration = Duration::from_secs(10);

#[cached(name = "interleavings-number", ttl = 3600, skip(probe))]
async fn number(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

#[cached(name = "interleavings-numbers", ttl = 3600, batch = ids)]
async fn numbers(ids: &[u64]) -> Result<Vec<u64>, String> {
    Ok(ids.to_vec())
}

#[cached(name = "interleavings-text", ttl = 3600)]
async fn text(bytes: usize) -> String {
    std::future::ready("x".repeat(bytes)).await
}

/// Builds a node with memory in front of the Redis at `url`.
async fn node(url: String, deadline: Duration) -> Caches {
    let settings = CacheSettings::new().backend(Backend::Tiered).max_value_size(1000);
    let builder =
        Caches::builder().isolated().all(settings).redis_url(url).remote_deadline(deadline);
    builder.build().await.expect("the server is there")
}

async fn two(server: &Server) -> [Caches; 2] {
    [node(server.url(), PATIENCE).await, node(server.url(), PATIENCE).await]
}

async fn call(node: &Caches, probe: &Arc<Probe>) -> usize {
    node.scope(number(1, probe)).await
}

fn begin(node: &Caches, probe: &Arc<Probe>) -> tokio::task::JoinHandle<usize> {
    let (node, probe) = (node.clone(), Arc::clone(probe));
    tokio::spawn(async move { call(&node, &probe).await })
}

async fn is_pending<T>(mut future: Pin<&mut impl Future<Output = T>>) -> bool {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

fn misses(node: &Caches) -> u64 {
    node.sync_scope(|| number::cache().stats().misses)
}

#[tokio::test]
async fn a_value_that_a_leader_found_before_an_invalidation_is_not_returned_to_later_callers() {
    let server = Server::start().await;
    let [a, b] = two(&server).await;
    let probe = Probe::closed();
    let load = begin(&a, &probe);
    until(|| probe.runs() == 1).await;
    let mut leader = pin!(call(&b, &probe));
    let mut asked = server.calls("evalsha").await;
    while server.calls("evalsha").await == asked {
        assert!(is_pending(leader.as_mut()).await, "another node loads");
        tokio::task::yield_now().await;
    }
    probe.let_out(1);
    assert_eq!(ended(load).await.unwrap(), 1);
    asked = server.calls("evalsha").await;
    // It is polled until it has asked for the value again, and not when the reply is there.
    while server.calls("evalsha").await == asked {
        assert!(is_pending(leader.as_mut()).await, "its reply was not waited for");
        b.scope(number::peek(2)).await;
    }
    assert_eq!(a.scope(number::invalidate(1)).await, Invalidation::Everywhere);
    probe.open();
    let later = begin(&b, &probe);
    until(|| misses(&b) == 1).await;
    assert_eq!(leader.await, 1, "it called before");
    assert_eq!(ended(later).await.unwrap(), 2);
    let stats = b.sync_scope(|| number::cache().stats());
    assert_eq!((stats.hits, stats.misses), (1, 1), "each call is counted once");
}

#[tokio::test]
async fn an_invalidation_whose_caller_is_cancelled_leaves_nothing_in_memory() {
    let server = Server::start().await;
    let (a, probe) = (node(server.url(), PATIENCE).await, Probe::opened());
    assert_eq!(call(&a, &probe).await, 1);
    let elsewhere = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let read = || {
        let (a, probe) = (a.clone(), Arc::clone(&probe));
        ended(elsewhere.spawn(async move { call(&a, &probe).await }))
    };
    a.scope(number::invalidate(2)).await;
    // This makes the connection.
    elsewhere
        .spawn({
            let a = a.clone();
            async move { a.scope(number::peek(2)).await }
        })
        .await
        .unwrap();
    server.tell(&["CLIENT", "PAUSE", "10000", "WRITE"]).await;
    {
        let mut invalidation = pin!(a.scope(number::invalidate(1)));
        assert!(is_pending(invalidation.as_mut()).await, "the server waits");
        assert_eq!(read().await.unwrap(), 1, "the server has it yet");
    }
    server.tell(&["CLIENT", "UNPAUSE"]).await;
    assert_eq!(read().await.unwrap(), 2);
    elsewhere.shutdown_background();
}

#[tokio::test]
async fn of_two_puts_at_once_a_node_keeps_the_one_that_redis_has() {
    let server = Server::start().await;
    let [a, b] = two(&server).await;
    let mut overtaken = pin!(a.scope(number::put(1, 1000)));
    assert!(is_pending(overtaken.as_mut()).await);
    a.scope(number::put(1, 2000)).await;
    overtaken.await;
    let stored = b.scope(number::peek(1)).await;
    assert!(stored.is_some());
    assert_eq!(a.scope(number::peek(1)).await, stored);
}

#[tokio::test]
async fn of_two_puts_of_many_at_once_a_node_keeps_the_one_that_redis_has() {
    let server = Server::start().await;
    let [a, b] = two(&server).await;
    let read = async || (server.calls("time").await > 1).then_some(());
    eventually("the clock is read", PATIENCE, read).await;
    a.scope(numbers::put_many([(2, 0)])).await;
    let polled = Arc::new(Notify::new());
    let go = Arc::new(Notify::new());
    let elsewhere = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let first = elsewhere.spawn({
        let (a, polled, go) = (a.clone(), Arc::clone(&polled), Arc::clone(&go));
        async move {
            let mut first = pin!(a.scope(numbers::put_many([(1, 1000)])));
            assert!(is_pending(first.as_mut()).await, "this runtime has no connection yet");
            polled.notify_one();
            go.notified().await;
            first.await;
        }
    });
    polled.notified().await;
    let before = server.calls("evalsha").await;
    let mut second = pin!(a.scope(numbers::put_many([(1, 2000)])));
    assert!(is_pending(second.as_mut()).await);
    let came = async || (server.calls("evalsha").await == before + 1).then_some(());
    eventually("the second one is stored", PATIENCE, came).await;
    go.notify_one();
    first.await.unwrap();
    second.await;
    assert_eq!(b.scope(numbers::peek_many([1])).await, [Some(1000)], "it came last");
    assert_eq!(a.scope(numbers::peek_many([1])).await, [Some(1000)]);
    elsewhere.shutdown_background();
}

#[tokio::test]
async fn a_put_that_is_too_large_for_redis_invalidates_the_old_value_everywhere() {
    let server = Server::start().await;
    let [a, b] = two(&server).await;
    assert_eq!((a.scope(text(1)).await, b.scope(text(1)).await), ("x".to_owned(), "x".to_owned()));
    let large = "y".repeat(2000);
    a.scope(text::put(1, large.clone())).await;
    assert_eq!(a.scope(text::peek(1)).await, Some(large), "its own memory has room");
    eventually("the push came", PATIENCE, async || {
        b.scope(text::peek(1)).await.is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_put_that_redis_does_not_get_invalidates_the_old_value_when_redis_is_back() {
    let server = Server::start().await;
    let proxy = Proxy::to(server.address());
    let a = node(server.url_through(&proxy), PATIENCE).await;
    let (b, probe) = (node(server.url(), PATIENCE).await, Probe::opened());
    assert_eq!((call(&a, &probe).await, call(&b, &probe).await), (1, 1));
    proxy.refuse();
    a.scope(number::put(1, 1000)).await;
    assert_eq!(a.scope(number::peek(1)).await, Some(1000));
    proxy.pass();
    eventually("the old value was gone", PATIENCE, async || {
        (b.scope(number::peek(1)).await != Some(1)).then_some(())
    })
    .await;
    assert_ne!(a.scope(number::peek(1)).await, Some(1));
}
