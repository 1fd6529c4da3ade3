//! Reads of Redis that come in one turn of a runtime are one request, and none of them depends on
//! another caller.

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cachery::{Backend, Caches, cached, config::CacheSettings};
use cachery_test_support::{Server, ended, spawn};
use tokio::runtime::{Builder, Runtime};

/// The budget of a call. Long, because the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(10);
const MANY: u64 = 64;

#[cached(name = "together-number", ttl = 3600)]
async fn number(id: u64) -> u64 {
    id
}

#[cached(name = "together-text", ttl = 3600)]
async fn text(id: u64) -> String {
    id.to_string()
}

async fn node(url: String) -> Caches {
    let settings = CacheSettings::new().backend(Backend::Redis);
    let builder = Caches::builder().isolated().prefix("p").redis_url(url).all(settings);
    builder.remote_deadline(PATIENCE).required(true).build().await.expect("the server is there")
}

/// Stores the values of both functions.
async fn store() {
    for id in 0..MANY {
        number(id).await;
        text(id).await;
    }
}

fn loads() -> (u64, u64) {
    (number::cache().stats().loads, text::cache().stats().loads)
}

/// Begins a call: its request is part of the next one.
fn begin<T>(call: &mut Pin<Box<impl Future<Output = T>>>) {
    assert!(matches!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
}

#[tokio::test]
async fn the_reads_of_one_turn_are_one_request() {
    let server = Server::start().await;
    let node = node(server.url()).await;
    let of_all = async {
        store().await;
        let before = server.calls("mget").await;
        // The tasks of a runtime of one thread take turns.
        let calls: Vec<_> = (0..MANY).map(|id| (spawn(number(id)), spawn(text(id)))).collect();
        for (id, (number, text)) in (0..).zip(calls) {
            assert_eq!(ended(number).await.unwrap(), id);
            assert_eq!(ended(text).await.unwrap(), id.to_string());
        }
        assert_eq!(loads(), (MANY, MANY), "all are hits");
        // The first one finds no other, and does not wait for any.
        assert_eq!(server.calls("mget").await - before, 2);
    };
    node.scope(of_all).await;
}

#[tokio::test]
async fn a_read_depends_on_no_caller_that_is_dropped_or_not_polled() {
    let server = Server::start().await;
    let node = node(server.url()).await;
    let of_all = async {
        store().await;
        let mut calls: Vec<_> = (0..6).map(|id| Box::pin(number(id))).collect();
        calls.iter_mut().for_each(begin);
        // The first of those who go together, and one of the others.
        drop(calls.remove(4));
        drop(calls.remove(1));
        let last = calls.pop().expect("there is one");
        assert_eq!(tokio::time::timeout(PATIENCE / 2, last).await, Ok(5));
        for (call, id) in calls.into_iter().zip([0, 2, 3]) {
            assert_eq!(call.await, id);
        }
        assert_eq!(loads().0, MANY, "all are hits");
    };
    node.scope(of_all).await;
}

#[tokio::test]
async fn a_key_that_the_user_may_not_read_keeps_no_other_from_being_read() {
    // The keys of one cache, and those by which nodes hear of each other.
    let rights = "~p:together-number:* ~p:!* ~p:#* ~cachery:* resetchannels +@all";
    let server = Server::with(|config| config.user("app", "secret", rights)).await;
    let node = node(server.url()).await;
    let of_all = async {
        for id in 0..MANY {
            number(id).await;
        }
        let loads = loads().0;
        let calls: Vec<_> = (0..MANY).map(|id| (spawn(number(id)), spawn(text(id)))).collect();
        for (id, (number, text)) in (0..).zip(calls) {
            assert_eq!(ended(number).await.unwrap(), id);
            assert_eq!(ended(text).await.unwrap(), id.to_string());
        }
        assert_eq!(number::cache().stats().loads, loads, "its hits are hits");
        assert_eq!(text::cache().stats().loads, MANY);
    };
    node.scope(of_all).await;
}

#[test]
fn reads_of_a_runtime_that_ends_end() {
    let own = |threads| -> Runtime {
        Builder::new_multi_thread().worker_threads(threads).enable_all().build().expect("a runtime")
    };
    let (others, last) = (own(1), Builder::new_current_thread().enable_all().build());
    let last = last.expect("a runtime");
    let (node, mut calls) = last.block_on(async {
        let server = others.spawn(async {
            let server = Server::start().await;
            (node(server.url()).await, server)
        });
        let (node, server) = server.await.expect("no panic");
        node.scope(store()).await;
        let calls: Vec<_> = (0..6).map(|id| Box::pin(node.scope(number(id)))).collect();
        ((node, server), calls)
    });
    // Within the runtime, whose tasks do not run any more.
    let within = last.enter();
    calls.iter_mut().for_each(begin);
    drop(within);
    drop(last);
    others.block_on(async {
        for (call, id) in calls.into_iter().zip(0..) {
            assert_eq!(tokio::time::timeout(PATIENCE, call).await, Ok(id));
        }
    });
    drop(node);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reply_is_lost_or_another_ones_on_several_threads() {
    let server = Server::start().await;
    let node = node(server.url()).await;
    let of_all = async {
        store().await;
        let caller = |first: u64| async move {
            for turn in 0..100 {
                let id = (first * 7 + turn) % MANY;
                assert_eq!(number(id).await, id);
                assert_eq!(text(id).await, id.to_string());
            }
        };
        let callers: Vec<_> = (0..MANY).map(|first| spawn(caller(first))).collect();
        for caller in callers {
            ended(caller).await.unwrap();
        }
        assert_eq!(loads(), (MANY, MANY), "all are hits");
    };
    node.scope(of_all).await;
}
