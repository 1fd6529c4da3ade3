//! A cache outlives the runtimes of its callers.

#[cfg(feature = "redis")]
mod drivers;

use std::{sync::Arc, thread};

use cachery::{Caches, cached};
use cachery_test_support::{Probe, ended, spawn, until};
use tokio::runtime::{Builder, Runtime};

#[cached(name = "runtimes-number", ttl = 3600, skip(probe))]
async fn number(_id: u64, probe: Arc<Probe>) -> usize {
    probe.run().await
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

#[test]
fn an_aborted_caller_leaves_the_cache_usable() {
    runtime().block_on(Caches::isolated().scope(async {
        let probe = Probe::closed();
        let call = spawn(number(1, Arc::clone(&probe)));
        until(|| probe.running() == 1).await;
        call.abort();
        assert!(ended(call).await.unwrap_err().is_cancelled());
        assert_eq!((number::peek(1).await, number::cache().stats().loads), (None, 0));
        probe.open();
        assert_eq!(number(1, Arc::clone(&probe)).await, 2);
        assert_eq!(number(1, probe).await, 2, "it is stored");
    }));
}

#[test]
fn a_follower_on_another_runtime_takes_over_when_the_leaders_is_dropped() {
    let caches = Caches::isolated();
    caches.clock().stop();
    let (leaders, followers, probe) = (runtime(), runtime(), Probe::closed());
    leaders.spawn(caches.scope(number(1, Arc::clone(&probe))));
    followers.block_on(caches.scope(async {
        until(|| probe.running() == 1).await;
        let waiting: Vec<_> = (0..10).map(|_| spawn(number(1, Arc::clone(&probe)))).collect();
        until(|| number::cache().stats().misses == 11).await;
        thread::spawn(|| drop(leaders)).join().unwrap();
        probe.open();
        for follower in waiting {
            assert_eq!(ended(follower).await.unwrap(), 2);
        }
        assert_eq!((probe.runs(), number::peek(1).await), (2, Some(2)));
    }));
}

#[test]
fn a_leader_stores_its_value_when_the_runtime_of_its_followers_was_dropped() {
    let caches = Caches::isolated();
    let (leaders, followers, probe) = (runtime(), runtime(), Probe::closed());
    leaders.block_on(caches.scope(async {
        let leader = spawn(number(1, Arc::clone(&probe)));
        until(|| probe.running() == 1).await;
        for _ in 0..10 {
            followers.spawn(Caches::current().scope(number(1, Arc::clone(&probe))));
        }
        until(|| number::cache().stats().misses == 11).await;
        thread::spawn(|| drop(followers)).join().unwrap();
        probe.open();
        assert_eq!(ended(leader).await.unwrap(), 1);
        assert_eq!((probe.runs(), number(1, probe).await), (1, 1));
    }));
}

#[test]
fn a_runtime_that_is_dropped_with_a_whole_flight_leaves_the_cache_usable() {
    let (caches, probe) = (Caches::isolated(), Probe::closed());
    let first = runtime();
    first.block_on(caches.scope(async {
        for _ in 0..10 {
            spawn(number(1, Arc::clone(&probe)));
        }
        until(|| number::cache().stats().misses == 10).await;
    }));
    drop(first);
    assert_eq!(probe.running(), 0);
    probe.open();
    runtime().block_on(caches.scope(async {
        let before = probe.runs();
        assert_eq!(number(1, Arc::clone(&probe)).await, before + 1);
        assert_eq!(number(1, Arc::clone(&probe)).await, before + 1, "it is stored");
    }));
}

/// Without a scope: the registry of the process, on its system clock.
#[test]
fn a_second_runtime_finds_what_the_first_one_stored() {
    let probe = Probe::closed();
    let first = runtime();
    first.block_on(async {
        probe.let_out(1);
        assert_eq!(number(1, Arc::clone(&probe)).await, 1);
        let _stays_behind = spawn(number(2, Arc::clone(&probe)));
        until(|| probe.running() == 1).await;
    });
    drop(first);
    runtime().block_on(async {
        assert_eq!(number(1, Arc::clone(&probe)).await, 1);
        let leader = spawn(number(2, Arc::clone(&probe)));
        until(|| probe.running() == 1).await;
        let follower = spawn(number(2, Arc::clone(&probe)));
        until(|| number::cache().stats().misses == 4).await;
        probe.open();
        assert_eq!((ended(leader).await.unwrap(), ended(follower).await.unwrap()), (3, 3));
    });
}
