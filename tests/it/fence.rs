//! Fences: a load that began before an invalidation, a clear, a put or a refresh never replaces
//! what was stored after it.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use cachery::{Caches, Invalidation, cached};
use cachery_test_support::{Probe, ended, spawn, until};
use tokio::{runtime::Builder, task::JoinHandle};

/// A value that no run of the body returns.
const PUT: usize = 1000;

#[cached(name = "fence-number", ttl = 3600, skip(probe))]
async fn number(_id: u64, probe: Arc<Probe>) -> usize {
    probe.run().await
}

#[derive(Debug, PartialEq)]
struct Failure;

/// Fails unless `works`.
#[cached(name = "fence-may-fail", ttl = 3600, skip(works))]
async fn may_fail(_id: u64, works: Result<usize, Failure>) -> Result<usize, Failure> {
    std::future::ready(works).await
}

/// Begins a call, whose load then waits for [`Probe::let_out`].
async fn begin(probe: &Arc<Probe>) -> JoinHandle<usize> {
    begun(probe, spawn(number(1, Arc::clone(probe)))).await
}

/// Begins a refresh, whose load then waits.
async fn begin_refresh(probe: &Arc<Probe>) -> JoinHandle<usize> {
    begun(probe, spawn(number::refresh(1, Arc::clone(probe)))).await
}

async fn begun(probe: &Probe, call: JoinHandle<usize>) -> JoinHandle<usize> {
    let before = probe.runs();
    until(|| probe.runs() > before).await;
    call
}

/// Lets the load of `call` end.
async fn end(probe: &Probe, call: JoinHandle<usize>) -> usize {
    probe.let_out(1);
    ended(call).await.unwrap()
}

/// Returns two probes. The next run of the first is its run 1, that of the second is its run 2.
async fn probes() -> [Arc<Probe>; 2] {
    let [first, second] = [Probe::closed(), Probe::closed()];
    second.let_out(1);
    second.run().await;
    [first, second]
}

#[tokio::test]
async fn what_is_invalidated_while_it_loads_is_returned_and_not_stored() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let call = begin(&probe).await;
            assert_eq!(number::invalidate(1).await, Invalidation::Local);
            assert_eq!(end(&probe, call).await, 1);
            assert_eq!(number::peek(1).await, None);
            assert_eq!(number::cache().stats().puts, 0);
            probe.open();
            assert_eq!(number(1, probe).await, 2);
            assert_eq!(number::peek(1).await, Some(2), "the next load is stored again");
        })
        .await;
}

#[tokio::test]
async fn an_invalidation_of_another_key_does_not_matter() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let call = begin(&probe).await;
            number::invalidate(2).await;
            assert_eq!(end(&probe, call).await, 1);
            assert_eq!(number::peek(1).await, Some(1));
        })
        .await;
}

#[tokio::test]
async fn a_follower_from_before_an_invalidation_gets_the_old_value_and_a_later_caller_does_not() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let leader = begin(&probe).await;
            let follower = spawn(number(1, Arc::clone(&probe)));
            until(|| number::cache().stats().misses == 2).await;
            number::invalidate(1).await;
            let after = begin(&probe).await;
            assert_eq!(end(&probe, leader).await, 1);
            assert_eq!(ended(follower).await.unwrap(), 1);
            assert_eq!(number::peek(1).await, None);
            assert_eq!(end(&probe, after).await, 2);
            assert_eq!(number::peek(1).await, Some(2));
        })
        .await;
}

#[tokio::test]
async fn an_old_load_that_ends_last_does_not_overwrite_the_new_one() {
    Caches::isolated()
        .scope(async {
            let [old, new] = probes().await;
            let before = begin(&old).await;
            number::invalidate(1).await;
            let after = begin(&new).await;
            assert_eq!(end(&new, after).await, 2);
            assert_eq!(end(&old, before).await, 1);
            assert_eq!(number::peek(1).await, Some(2));
        })
        .await;
}

#[tokio::test]
async fn what_is_cleared_while_it_loads_is_returned_and_not_stored() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let before = begin(&probe).await;
            number::cache().clear().await;
            let after = begin(&probe).await;
            assert_eq!(end(&probe, before).await, 1);
            assert_eq!(number::peek(1).await, None);
            assert_eq!(end(&probe, after).await, 2);
            assert_eq!(number::peek(1).await, Some(2), "what began after the clear is stored");
        })
        .await;
}

#[tokio::test]
async fn a_follower_of_a_flight_from_before_an_invalidation_looks_again_when_its_leader_is_gone() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let leader = begin(&probe).await;
            let follower = spawn(number(1, Arc::clone(&probe)));
            until(|| number::cache().stats().misses == 2).await;
            number::cache().clear().await;
            number::put(1, PUT).await;
            leader.abort();
            assert_eq!(end(&probe, follower).await, PUT, "it finds what is stored meanwhile");
            assert_eq!((probe.runs(), number::peek(1).await), (1, Some(PUT)));
        })
        .await;
}

#[tokio::test]
async fn a_value_that_was_put_is_not_overwritten_by_an_older_load() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let call = begin(&probe).await;
            number::put(1, PUT).await;
            assert_eq!(number(1, Arc::clone(&probe)).await, PUT, "it is returned at once");
            assert_eq!(end(&probe, call).await, 1);
            assert_eq!(number::peek(1).await, Some(PUT));
        })
        .await;
}

#[tokio::test]
async fn a_value_that_was_put_is_returned_without_a_load() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::opened();
            number::put(1, PUT).await;
            assert_eq!(number::peek(1).await, Some(PUT));
            assert_eq!(number::peek(2).await, None);
            assert_eq!(number(1, Arc::clone(&probe)).await, PUT);
            number::put(1, PUT + 1).await;
            assert_eq!(number::peek(1).await, Some(PUT + 1));
            assert_eq!(probe.runs(), 0);
            let stats = number::cache().stats();
            assert_eq!((stats.hits, stats.misses, stats.puts, stats.loads), (1, 0, 2, 0));
        })
        .await;
}

#[tokio::test]
async fn peek_runs_nothing_and_does_not_wait() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            assert_eq!(number::peek(1).await, None);
            let call = begin(&probe).await;
            assert_eq!(number::peek(1).await, None);
            assert_eq!(end(&probe, call).await, 1);
            assert_eq!(number::peek(1).await, Some(1));
            assert_eq!(probe.runs(), 1);
            let stats = number::cache().stats();
            assert_eq!((stats.hits, stats.misses), (0, 1), "a peek is not counted");
        })
        .await;
}

#[tokio::test]
async fn an_invalidated_value_is_gone() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::opened();
            assert_eq!(number(1, Arc::clone(&probe)).await, 1);
            number::invalidate(1).await;
            assert_eq!(number::peek(1).await, None);
            assert_eq!(number(1, probe).await, 2);
        })
        .await;
}

#[tokio::test]
async fn an_absent_key_can_be_invalidated() {
    Caches::isolated()
        .scope(async {
            assert_eq!(number::invalidate(1).await, Invalidation::Local);
            assert_eq!(number::cache().stats().invalidations.key, 1);
            assert_eq!(number(1, Probe::opened()).await, 1);
            assert_eq!(number::peek(1).await, Some(1));
        })
        .await;
}

#[tokio::test]
async fn what_is_stored_right_after_a_clear_stays() {
    Caches::isolated()
        .scope(async {
            for round in 0..1000 {
                number::put(1, round).await;
                number::cache().clear().await;
                assert_eq!(number::peek(1).await, None, "round {round}");
                number::put(1, round).await;
                assert_eq!(number::peek(1).await, Some(round), "round {round}");
            }
        })
        .await;
}

#[tokio::test]
async fn a_refresh_runs_the_body_and_replaces_what_is_stored() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            number::put(1, PUT).await;
            let refresh = begin_refresh(&probe).await;
            assert_eq!(
                number(1, Arc::clone(&probe)).await,
                PUT,
                "callers have the old value meanwhile"
            );
            assert_eq!(end(&probe, refresh).await, 1);
            assert_eq!(number::peek(1).await, Some(1));
            assert_eq!(number::cache().stats().refreshes, 1);
        })
        .await;
}

#[tokio::test]
async fn callers_of_a_cold_key_wait_for_a_refresh() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let refresh = begin_refresh(&probe).await;
            let follower = spawn(number(1, Arc::clone(&probe)));
            until(|| number::cache().stats().misses == 1).await;
            assert_eq!(end(&probe, refresh).await, 1);
            assert_eq!(ended(follower).await.unwrap(), 1);
            assert_eq!(probe.runs(), 1);
        })
        .await;
}

/// Returns the values that are stored after two loads of one key: when the older ends first, and
/// when it ends last.
async fn of_two_loads<Old, New>(older: Old, newer: New) -> [Option<usize>; 2]
where
    Old: AsyncFn(&Arc<Probe>) -> JoinHandle<usize>,
    New: AsyncFn(&Arc<Probe>) -> JoinHandle<usize>,
{
    let mut stored = [None; 2];
    for (older_ends_last, stored) in [false, true].into_iter().zip(&mut stored) {
        number::invalidate(1).await;
        let [old, new] = probes().await;
        let (older, newer) = (older(&old).await, newer(&new).await);
        if older_ends_last {
            assert_eq!(end(&new, newer).await, 2);
            assert_eq!(end(&old, older).await, 1);
        } else {
            assert_eq!(end(&old, older).await, 1);
            assert_eq!(end(&new, newer).await, 2);
        }
        *stored = number::peek(1).await;
    }
    stored
}

#[tokio::test]
async fn the_load_that_began_last_wins() {
    Caches::isolated()
        .scope(async {
            assert_eq!(of_two_loads(begin, begin_refresh).await, [Some(2); 2]);
            assert_eq!(of_two_loads(begin_refresh, begin_refresh).await, [Some(2); 2]);
        })
        .await;
}

#[tokio::test]
async fn an_invalidation_stops_a_refresh_from_storing() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let refresh = begin_refresh(&probe).await;
            number::invalidate(1).await;
            assert_eq!(end(&probe, refresh).await, 1);
            assert_eq!(number::peek(1).await, None);
        })
        .await;
}

#[tokio::test]
async fn a_refresh_that_fails_returns_its_error_and_leaves_what_is_stored() {
    Caches::isolated()
        .scope(async {
            assert_eq!(may_fail::refresh(1, Err(Failure)).await, Err(Failure));
            assert_eq!(may_fail::peek(1).await, None, "an error is not stored");
            may_fail::put(1, 5).await;
            assert_eq!(may_fail::refresh(1, Err(Failure)).await, Err(Failure));
            assert_eq!(may_fail::peek(1).await, Some(5));
            assert_eq!(may_fail(1, Err(Failure)).await, Ok(5));
            assert_eq!(may_fail::refresh(1, Ok(6)).await, Ok(6));
            assert_eq!(may_fail::peek(1).await, Some(6));
        })
        .await;
}

#[tokio::test]
async fn a_refresh_that_is_dropped_leaves_what_is_stored() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            number::put(1, PUT).await;
            let refresh = begin_refresh(&probe).await;
            refresh.abort();
            assert!(ended(refresh).await.unwrap_err().is_cancelled());
            assert_eq!(number(1, Arc::clone(&probe)).await, PUT);
            number::invalidate(1).await;
            probe.open();
            assert_eq!(number(1, probe).await, 2, "no flight is left");
        })
        .await;
}

#[tokio::test]
async fn an_error_is_not_stored() {
    Caches::isolated()
        .scope(async {
            assert_eq!(may_fail(1, Err(Failure)).await, Err(Failure));
            assert_eq!(may_fail::peek(1).await, None);
            assert_eq!(may_fail(1, Ok(1)).await, Ok(1));
            assert_eq!(may_fail(1, Err(Failure)).await, Ok(1));
        })
        .await;
}

/// Runs `call` on a thread of its own, in the current registry.
fn on_a_thread<T: Send + 'static>(
    call: impl Future<Output = T> + Send + 'static,
) -> thread::JoinHandle<T> {
    let call = Caches::current().scope(call);
    thread::spawn(move || Builder::new_current_thread().build().expect("a runtime").block_on(call))
}

/// Calls so often that the thread keeps the entry for itself.
async fn hits(value: usize) {
    for _ in 0..100 {
        assert_eq!(number(1, Probe::opened()).await, value);
    }
}

#[tokio::test]
async fn a_change_by_one_thread_is_seen_by_the_next_call_of_all() {
    Caches::isolated()
        .scope(async {
            number::put(1, PUT).await;
            hits(PUT).await;
            on_a_thread(number::put(1, PUT + 1)).join().unwrap();
            assert_eq!(number::peek(1).await, Some(PUT + 1));
            hits(PUT + 1).await;
            on_a_thread(number::refresh(1, Probe::opened())).join().unwrap();
            assert_eq!(number::peek(1).await, Some(1));
            hits(1).await;
            on_a_thread(number::invalidate(1)).join().unwrap();
            assert_eq!(number::peek(1).await, None);
            number::put(1, PUT).await;
            hits(PUT).await;
            on_a_thread(async { number::cache().clear().await }).join().unwrap();
            assert_eq!(number::peek(1).await, None);
        })
        .await;
}

#[tokio::test]
async fn no_thread_reads_what_was_replaced_or_invalidated_before_it_asked() {
    const VALUES: usize = 20_000;

    /// Reads until the last value. None may be older than `oldest` was before.
    async fn read(oldest: Arc<AtomicUsize>) {
        loop {
            let at_least = oldest.load(SeqCst);
            if at_least >= VALUES {
                return;
            }
            if let Some(value) = number::peek(1).await {
                assert!(value >= at_least, "{value} was replaced by {at_least} before");
            }
        }
    }

    Caches::isolated()
        .scope(async {
            let oldest = Arc::new(AtomicUsize::new(0));
            let readers: Vec<_> = (0..2).map(|_| on_a_thread(read(Arc::clone(&oldest)))).collect();
            for value in 0..VALUES {
                number::put(1, value).await;
                oldest.store(value, SeqCst);
                if value % 3 == 0 {
                    number::invalidate(1).await;
                    oldest.store(value + 1, SeqCst);
                }
            }
            oldest.store(VALUES, SeqCst);
            for reader in readers {
                reader.join().unwrap();
            }
        })
        .await;
}
