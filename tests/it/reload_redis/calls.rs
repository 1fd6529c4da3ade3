//! Calls while settings change and Redis fails.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use cachery::{Backend, Invalidation};
use cachery_test_support::{Probe, Proxy, Server, ended, eventually, spawn, until};

use super::node::{Node, PATIENCE, SHARED, number, returns};

#[tokio::test]
async fn a_load_that_runs_through_a_reload_is_stored_and_its_callers_get_its_value() {
    for backend in SHARED {
        let (server, probe) = (Server::start().await, Probe::closed());
        let node = Node::start(&server.url(), backend, "").await;
        let call = || {
            let probe = probe.clone();
            node.caches.sync_scope(|| spawn(async move { number(1, &probe).await }))
        };
        let callers: Vec<_> = (0..10).map(|_| call()).collect();
        until(|| probe.running() == 1).await;
        node.reload("[cache.reload-redis-number]\nttl = '1h'\ncapacity = 5").await;
        probe.open();
        for caller in callers {
            assert_eq!(ended(caller).await.expect("no panic"), 1);
        }
        let direct = Node::start(&server.url(), Backend::Redis, "").await;
        assert_eq!(direct.peek(1).await, Some(1), "{backend}");
    }
}

/// The text of the file in each round.
fn settings(round: usize) -> String {
    let (capacity, minutes) = (100 + 50 * (round % 3), 1 + round % 7);
    format!(
        "[cache.reload-redis-number]\ncapacity = {capacity}\nttl = '{minutes}m'\nlease = {}",
        round.is_multiple_of(2)
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloads_while_redis_is_cut_off_dead_or_frozen_hurt_no_caller() {
    for backend in SHARED {
        let (server, probe) = (Server::start().await, Probe::opened());
        let proxy = Proxy::to(server.address());
        let node = Node::start_with_deadline(&server.url_through(&proxy), backend).await;
        let done = AtomicBool::new(false);
        let calls = async {
            let mut id = 0;
            while !done.load(Relaxed) {
                id = (id + 1) % 200;
                assert!(node.number(id, &probe).await > 0);
                tokio::task::yield_now().await;
            }
        };
        let reloads = async {
            for round in 0..24 {
                match round {
                    4 => proxy.refuse(),
                    8 => proxy.pass(),
                    12 => server.freeze(),
                    16 => server.thaw(),
                    20 => server.restart().await,
                    _ => {}
                }
                let report = node.reload(&settings(round)).await;
                assert!(report.needs_restart.is_empty(), "{report:?}");
            }
            done.store(true, Relaxed);
        };
        tokio::join!(calls, reloads);
        let direct = Node::start(&server.url(), Backend::Redis, "").await;
        let mut id = 1_000;
        eventually("it is shared again", PATIENCE, async || {
            id += 1;
            let run = node.number(id, &probe).await;
            (direct.peek(id).await == Some(run)).then_some(())
        })
        .await;
    }
}

/// Memory moves, and another node invalidates: no entry outlives that by moving.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_node_invalidates_while_memory_moves_stays_so() {
    const RELOADS: usize = 40;
    const IDS: u64 = 50;

    let server = Server::start().await;
    let probe = Probe::opened();
    let node = Arc::new(Node::start(&server.url(), Backend::Tiered, "").await);
    let other = Node::start(&server.url(), Backend::Tiered, "").await;
    let reloading = Arc::clone(&node);
    // In a task of its own, so that pushes also come in the middle of a move.
    let reloads = tokio::spawn(async move {
        for round in 0..RELOADS {
            reloading.reload(&settings(round)).await;
        }
    });
    let mut invalidations = 0;
    while !reloads.is_finished() {
        for id in 0..IDS {
            node.number(id, &probe).await;
            let gone = returns(other.caches.scope(number::invalidate(id))).await;
            assert_eq!(gone, Invalidation::Everywhere);
            invalidations += 1;
        }
    }
    reloads.await.expect("right settings");
    assert!(invalidations > RELOADS, "{invalidations}");
    for id in 0..IDS {
        eventually("the push has come", PATIENCE, async || {
            node.peek(id).await.is_none().then_some(())
        })
        .await;
    }
}
