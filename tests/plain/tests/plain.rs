//! Sync functions on plain threads, and async ones on an executor that is not tokio's.

use std::{
    process::Command,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use cachery::Caches;
use cachery_plain::{NUMBERS, change, change_later, detached, number, number_later, yield_now};
use futures_executor::{LocalPool, block_on};
use futures_util::{future::join_all, task::LocalSpawnExt as _};

#[test]
fn nothing_of_a_runtime_is_built() {
    let arguments =
        ["tree", "--offline", "--package", "cachery-plain", "--edges", "no-dev,features"];
    let manifest = env!("CARGO_MANIFEST_PATH");
    let tree = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--manifest-path", manifest])
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("cargo prints text");
    assert!(tree.contains("cachery-core v"), "{tree}");
    for feature in ["rt", "rt-multi-thread", "time", "net"] {
        assert!(!tree.contains(&format!("tokio feature \"{feature}\"")), "{feature} in {tree}");
    }
}

#[test]
fn threads_share_one_load() {
    let (caches, runs) = (Caches::isolated(), Arc::new(AtomicUsize::new(0)));
    let begin = Arc::new(Barrier::new(20));
    let threads: Vec<_> = (0..20)
        .map(|_| {
            let (caches, runs, begin) = (caches.clone(), Arc::clone(&runs), Arc::clone(&begin));
            thread::spawn(move || {
                begin.wait();
                caches.sync_scope(|| number(1, &runs))
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 1));
    caches.sync_scope(|| {
        change(1);
        assert_eq!((number::peek(1), number(1, &runs)), (None, 2));
        number::put(1, 7);
        assert_eq!((number(1, &runs), number::refresh(1, &runs)), (7, 3));
    });
}

#[test]
fn tasks_share_one_load() {
    let runs = AtomicUsize::new(0);
    block_on(Caches::isolated().scope(async {
        let values = join_all((0..20).map(|_| number_later(1, &runs))).await;
        assert_eq!(values, [1; 20]);
        change_later(1).await;
        assert_eq!((number_later::peek(1).await, number_later(1, &runs).await), (None, 2));
        assert_eq!(NUMBERS.get(&1).await, Some(2));
    }));
}

#[test]
fn without_a_runtime_the_caller_of_a_detached_load_loads() {
    let (caches, runs) = (Caches::isolated(), Arc::default());
    caches.clock().stop();
    block_on(caches.scope(async {
        assert_eq!((detached(1, &runs).await, detached(1, &runs).await), (1, 1));
        caches.clock().advance(Duration::from_secs(61));
        assert_eq!(detached(1, &runs).await, 2, "it renews the stale value itself");
        assert_eq!(detached::cache().stats().freshness.refreshed_inline, 1);
    }));
}

#[test]
fn threads_and_tasks_of_other_threads_share_one_load() {
    let (caches, runs) = (Caches::isolated(), Arc::new(AtomicUsize::new(0)));
    let call = |by_task: bool| {
        let (caches, runs) = (caches.clone(), Arc::clone(&runs));
        thread::spawn(move || {
            if by_task {
                block_on(caches.scope(number_later(1, &runs)))
            } else {
                caches.sync_scope(|| number(1, &runs))
            }
        })
    };
    let threads: Vec<_> = (0..20).map(|place| call(place % 2 == 0)).collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 1));
}

#[test]
fn a_call_does_not_wait_for_a_task_of_its_executor() {
    let caches = Caches::isolated();
    let runs = Arc::new(AtomicUsize::new(0));
    let mut pool = LocalPool::new();
    let leader = {
        let (caches, runs) = (caches.clone(), Arc::clone(&runs));
        caches.scope(async move { assert!(number_later(1, &runs).await > 0) })
    };
    pool.spawner().spawn_local(leader).expect("the pool is there");
    let caller = Arc::clone(&runs);
    let call = caches.scope(async move {
        yield_now().await;
        number(1, &caller)
    });
    assert_eq!(pool.run_until(call), 1, "it ran the body itself");
    pool.run();
    assert_eq!(runs.load(SeqCst), 2);
}

/// Nobody polls the leader any more: the follower waits for its patience by the clock alone.
#[test]
fn a_task_stops_waiting_without_the_timers_of_a_runtime() {
    let caches = Caches::isolated();
    let runs = Arc::new(AtomicUsize::new(0));
    let mut leader = Box::pin(caches.scope(number_later(1, &runs)));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(leader.as_mut().poll(&mut cx).is_pending());
    let follower = {
        let (caches, runs) = (caches.clone(), Arc::clone(&runs));
        thread::spawn(move || block_on(caches.scope(number_later(1, &runs))))
    };
    while caches.sync_scope(|| NUMBERS.stats().misses) < 2 {
        thread::sleep(Duration::from_millis(1));
    }
    caches.clock().advance(Duration::from_secs(6));
    assert_eq!(follower.join().unwrap(), 1);
}
