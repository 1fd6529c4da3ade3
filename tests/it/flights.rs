//! Flights: a caller who misses while another loads waits for that load, and none waits for ever.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cachery::{Caches, cached};
use cachery_test_support::{Probe, ended, spawn, until};
use tokio::time::Instant;

const FLIGHT_WAIT: Duration = Duration::from_secs(5);
const FLIGHT_WAIT_MAX: Duration = Duration::from_secs(120);
/// The least step of a clock.
const STEP: Duration = Duration::from_nanos(1);
const MAX_OWN_LOADS: usize = 8;

#[cached(name = "flights-number", ttl = 3600, skip(probe))]
async fn number(_id: u64, probe: Arc<Probe>) -> usize {
    probe.run().await
}

#[derive(Clone, Debug, PartialEq)]
struct SharedError(usize);

/// Fails in its first `failures` runs.
#[cached(name = "flights-shared-error", ttl = 3600, skip(probe, failures))]
async fn with_shared_error(
    _id: u64,
    probe: Arc<Probe>,
    failures: usize,
) -> Result<usize, SharedError> {
    match probe.run().await {
        run if run <= failures => Err(SharedError(run)),
        run => Ok(run),
    }
}

#[derive(Debug, PartialEq)]
struct OwnError(usize);

/// Fails in its first `failures` runs.
#[cached(name = "flights-own-error", ttl = 3600, skip(probe, failures))]
async fn with_own_error(_id: u64, probe: Arc<Probe>, failures: usize) -> Result<usize, OwnError> {
    match probe.run().await {
        run if run <= failures => Err(OwnError(run)),
        run => Ok(run),
    }
}

/// Panics in its first run.
#[cached(name = "flights-panics-first", ttl = 3600, skip(probe))]
async fn panics_first(_id: u64, probe: Arc<Probe>) -> usize {
    let run = probe.run().await;
    if run == 1 {
        // Without the panic hook, which would print.
        std::panic::resume_unwind(Box::new("the first run panics"));
    }
    run
}

/// Lets other tasks run until each of them waits, on one thread.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Polls once, for a caller who is not polled again.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_of_a_cold_key_share_one_load() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let callers: Vec<_> = (0..1000).map(|_| spawn(number(1, Arc::clone(&probe)))).collect();
            until(|| number::cache().stats().misses == 1000).await;
            probe.open();
            for caller in callers {
                assert_eq!(ended(caller).await.unwrap(), 1);
            }
            assert_eq!(probe.runs(), 1);
            let stats = number::cache().stats();
            assert_eq!((stats.hits, stats.misses, stats.coalesced), (0, 1000, 999));
            assert_eq!((stats.loads, stats.load_errors, stats.puts), (1, 0, 1));
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_stored_while_a_caller_joins_the_flight_is_not_loaded_again() {
    const KEYS: u64 = 5_000;

    async fn call_all(probe: Arc<Probe>) {
        for id in 0..KEYS {
            number(id, Arc::clone(&probe)).await;
        }
    }

    Caches::isolated()
        .scope(async {
            let probe = Probe::opened();
            let callers: Vec<_> = (0..4).map(|_| spawn(call_all(Arc::clone(&probe)))).collect();
            for caller in callers {
                ended(caller).await.unwrap();
            }
            assert_eq!(probe.runs() as u64, KEYS);
            let stats = number::cache().stats();
            assert_eq!((stats.hits + stats.misses, stats.loads), (4 * KEYS, KEYS));
            assert_eq!(stats.misses, KEYS + stats.coalesced);
        })
        .await;
}

#[tokio::test]
async fn callers_of_different_keys_do_not_wait_for_one_another() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let callers: Vec<_> =
                (0..100).map(|id| spawn(number(id, Arc::clone(&probe)))).collect();
            until(|| probe.running() == 100).await;
            probe.open();
            for caller in callers {
                ended(caller).await.unwrap();
            }
        })
        .await;
}

#[tokio::test]
async fn an_error_that_can_be_cloned_is_shared_and_not_stored() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let call = || with_shared_error(1, Arc::clone(&probe), 1);
            let callers: Vec<_> = (0..1000).map(|_| spawn(call())).collect();
            until(|| with_shared_error::cache().stats().misses == 1000).await;
            probe.open();
            for caller in callers {
                assert_eq!(ended(caller).await.unwrap(), Err(SharedError(1)));
            }
            assert_eq!(probe.runs(), 1);
            let stats = with_shared_error::cache().stats();
            assert_eq!(
                (stats.loads, stats.load_errors, stats.coalesced, stats.puts),
                (1, 1, 999, 0)
            );
            assert_eq!(call().await, Ok(2), "the next call runs the body again");
        })
        .await;
}

#[tokio::test]
async fn after_an_error_that_cannot_be_cloned_each_caller_loads_and_at_most_eight_at_once() {
    const CALLERS: usize = 21;
    Caches::isolated()
        .scope(async {
            Caches::current().clock().stop();
            let probe = Probe::closed();
            let call = || with_own_error(1, Arc::clone(&probe), CALLERS);
            let callers: Vec<_> = (0..CALLERS).map(|_| spawn(call())).collect();
            until(|| with_own_error::cache().stats().misses == CALLERS as u64).await;
            assert_eq!(probe.runs(), 1, "all wait for the first");
            for ended in 1..=CALLERS {
                probe.let_out(1);
                let begun = CALLERS.min(ended + MAX_OWN_LOADS);
                until(|| probe.runs() == begun && probe.running() == begun - ended).await;
                settle().await;
                assert_eq!(probe.runs(), begun);
            }
            assert_eq!(probe.most(), MAX_OWN_LOADS);
            let mut errors = Vec::new();
            for caller in callers {
                errors.push(ended(caller).await.unwrap().unwrap_err().0);
            }
            errors.sort_unstable();
            assert!(errors.into_iter().eq(1..=CALLERS), "each has the error of its own run");
        })
        .await;
}

#[tokio::test]
async fn after_an_error_that_cannot_be_cloned_the_first_value_serves_all_followers() {
    Caches::isolated()
        .scope(async {
            Caches::current().clock().stop();
            let probe = Probe::closed();
            let call = || with_own_error(1, Arc::clone(&probe), 1);
            let callers: Vec<_> = (0..21).map(|_| spawn(call())).collect();
            until(|| with_own_error::cache().stats().misses == 21).await;
            probe.let_out(1);
            until(|| probe.running() == MAX_OWN_LOADS).await;
            probe.let_out(1);
            until(|| callers.iter().filter(|caller| caller.is_finished()).count() == 21 - 7).await;
            assert_eq!(probe.runs(), 1 + MAX_OWN_LOADS);
            assert_eq!(call().await, Ok(2), "it is stored");
            probe.open();
            for caller in callers {
                let _ = ended(caller).await.unwrap();
            }
            assert_eq!(with_own_error::peek(1).await, Some(2), "later loads do not overwrite it");
        })
        .await;
}

#[tokio::test]
async fn a_dropped_leader_hands_over_at_once() {
    Caches::isolated()
        .scope(async {
            Caches::current().clock().stop();
            let probe = Probe::closed();
            let leader = spawn(number(1, Arc::clone(&probe)));
            until(|| probe.running() == 1).await;
            let followers: Vec<_> = (0..10).map(|_| spawn(number(1, Arc::clone(&probe)))).collect();
            until(|| number::cache().stats().misses == 11).await;
            leader.abort();
            assert!(ended(leader).await.unwrap_err().is_cancelled());
            probe.open();
            for follower in followers {
                assert_eq!(ended(follower).await.unwrap(), 2);
            }
            assert_eq!(probe.runs(), 2, "exactly one more run");
        })
        .await;
}

#[tokio::test]
async fn a_panic_reaches_its_own_caller_and_the_others_get_a_value() {
    Caches::isolated()
        .scope(async {
            Caches::current().clock().stop();
            let probe = Probe::closed();
            let leader = spawn(panics_first(1, Arc::clone(&probe)));
            until(|| probe.running() == 1).await;
            let followers: Vec<_> =
                (0..10).map(|_| spawn(panics_first(1, Arc::clone(&probe)))).collect();
            until(|| panics_first::cache().stats().misses == 11).await;
            probe.open();
            assert!(ended(leader).await.unwrap_err().is_panic());
            for follower in followers {
                assert_eq!(ended(follower).await.unwrap(), 2);
            }
            assert_eq!((probe.runs(), panics_first::peek(1).await), (2, Some(2)));
        })
        .await;
}

#[tokio::test]
async fn a_dropped_follower_does_not_disturb_the_others() {
    Caches::isolated()
        .scope(async {
            Caches::current().clock().stop();
            let probe = Probe::closed();
            let leader = spawn(number(1, Arc::clone(&probe)));
            until(|| probe.running() == 1).await;
            let mut followers: Vec<_> =
                (0..10).map(|_| spawn(number(1, Arc::clone(&probe)))).collect();
            until(|| number::cache().stats().misses == 11).await;
            let last = followers.pop().unwrap();
            followers.iter().for_each(tokio::task::JoinHandle::abort);
            leader.abort();
            probe.open();
            assert_eq!(ended(last).await.unwrap(), 2);
        })
        .await;
}

#[tokio::test]
async fn a_leader_who_waits_cannot_hold_others_longer_than_flight_wait_max() {
    Caches::isolated()
        .scope(async {
            let clock = Caches::current().clock();
            clock.stop();
            let probe = Probe::closed();
            let mut leader = pin!(number(1, Arc::clone(&probe)));
            assert!(poll_once(leader.as_mut()).is_pending());
            let followers: Vec<_> = (0..20).map(|_| spawn(number(1, Arc::clone(&probe)))).collect();
            until(|| number::cache().stats().misses == 21).await;
            clock.advance(FLIGHT_WAIT_MAX.saturating_sub(STEP));
            settle().await;
            assert_eq!(probe.runs(), 1, "they wait as long as they should");
            clock.advance(STEP);
            until(|| probe.running() == 1 + MAX_OWN_LOADS).await;
            settle().await;
            assert_eq!(
                probe.runs(),
                1 + MAX_OWN_LOADS,
                "no more than eight at once beside the leader"
            );
            // The leader has the first permit and does not use it, so one own load takes two.
            probe.let_out(2);
            until(|| followers.iter().filter(|follower| follower.is_finished()).count() == 20 - 7)
                .await;
            assert_eq!(number::peek(1).await, Some(2));
            probe.open();
            for follower in followers {
                ended(follower).await.unwrap();
            }
            assert_eq!(leader.await, 1, "the leader returns its own value when it is polled again");
            assert_eq!(number::peek(1).await, Some(2), "and overwrites nothing");
            assert_eq!(probe.runs(), 1 + MAX_OWN_LOADS);
        })
        .await;
}

/// How long a call of `id` takes while the leader of its flight was woken and is not polled.
async fn wait_behind_a_stuck_leader(id: u64) -> Duration {
    let stuck = Probe::closed();
    let mut leader = pin!(number(id, Arc::clone(&stuck)));
    assert!(poll_once(leader.as_mut()).is_pending());
    stuck.open();
    time(number(id, Probe::opened())).await
}

/// Returns the time that `call` takes on tokio's paused clock. A call that would wait for ever
/// fails.
async fn time<T>(call: impl Future<Output = T>) -> Duration {
    let began = Instant::now();
    let ended = tokio::time::timeout(Duration::from_secs(3600), call).await;
    assert!(ended.is_ok(), "it would wait for ever");
    began.elapsed()
}

/// Tokio's timers count in milliseconds and fire a little late.
fn assert_about(waited: Duration, expected: Duration) {
    assert!((expected..expected + Duration::from_millis(50)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn flight_wait_passes_with_tokios_paused_time() {
    Caches::isolated()
        .scope(async { assert_about(wait_behind_a_stuck_leader(1).await, FLIGHT_WAIT) })
        .await;
}

#[tokio::test(start_paused = true)]
async fn flight_wait_max_grows_to_ten_times_the_measured_load() {
    const LOAD: Duration = Duration::from_secs(20);

    #[cached(name = "flights-slow", ttl = 3600, skip(probe))]
    async fn slow(id: u64, probe: Arc<Probe>) -> u64 {
        probe.run().await;
        tokio::time::sleep(LOAD).await;
        id
    }

    Caches::isolated()
        .scope(async {
            slow(1, Probe::opened()).await;
            assert_about(slow::cache().stats().mean_load_time(), LOAD);
            let mut leader = pin!(slow(2, Probe::closed()));
            assert!(poll_once(leader.as_mut()).is_pending());
            assert_about(time(slow(2, Probe::opened())).await, 10 * LOAD + LOAD);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_short_load_leaves_flight_wait_as_it_is() {
    Caches::isolated()
        .scope(async {
            number(1, Probe::opened()).await;
            assert_about(wait_behind_a_stuck_leader(2).await, FLIGHT_WAIT);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_key_within_its_own_load_runs_the_body() {
    #[cached(name = "flights-own-flight", ttl = 3600, skip(depth, probe))]
    async fn own_flight(id: u64, depth: usize, probe: Arc<Probe>) -> usize {
        let run = probe.run().await;
        if depth > 0 {
            Box::pin(own_flight(id, depth - 1, probe)).await;
        }
        run
    }

    Caches::isolated()
        .scope(async {
            let probe = Probe::opened();
            assert_eq!(time(own_flight(1, 3, Arc::clone(&probe))).await, Duration::ZERO);
            assert_eq!(probe.runs(), 4);
            assert_eq!(own_flight::peek(1).await, Some(1), "the outermost is stored");
            let stats = own_flight::cache().stats();
            assert_eq!(
                (stats.misses, stats.loads),
                (1, 1),
                "calls within the load are not counted"
            );
        })
        .await;
}

/// Calls `there` for `id`, if there are calls left to make.
#[cached(name = "flights-here", ttl = 3600, skip(calls, probe))]
async fn here(id: u64, calls: usize, probe: Arc<Probe>) -> usize {
    let run = probe.run().await;
    if calls > 0 {
        boxed(there(id, calls - 1, probe)).await;
    }
    run
}

/// Calls `here` for `id`, if there are calls left to make.
#[cached(name = "flights-there", ttl = 3600, skip(calls, probe))]
async fn there(id: u64, calls: usize, probe: Arc<Probe>) -> usize {
    let run = probe.run().await;
    if calls > 0 {
        boxed(here(id, calls - 1, probe)).await;
    }
    run
}

fn boxed<'a, T>(call: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(call)
}

#[tokio::test(start_paused = true)]
async fn calls_in_a_circle_end() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::opened();
            assert_eq!(time(here(1, 2, Arc::clone(&probe))).await, Duration::ZERO);
            assert_eq!(probe.runs(), 3, "here, there, and here without a flight");
            assert_eq!((here::peek(1).await, there::peek(1).await), (Some(1), Some(2)));
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn two_callers_who_wait_for_each_other_end_at_once() {
    Caches::isolated()
        .scope(async {
            let probe = Probe::closed();
            let release = async {
                until(|| probe.running() == 2).await;
                probe.open();
            };
            // Each leads its own flight when it comes to the other's.
            let (one, other) = (here(1, 1, Arc::clone(&probe)), there(1, 1, Arc::clone(&probe)));
            let waited = time(async { tokio::join!(one, other, release) }).await;
            assert_eq!(waited, Duration::ZERO);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_a_load_spawns_in_its_scope_and_awaits_runs_the_body() {
    Caches::isolated()
        .scope(async {
            let waited = time(spawning(1, Some(spawn))).await;
            assert_eq!(waited, Duration::ZERO);
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_a_load_spawns_and_awaits_otherwise_ends_after_flight_wait_max() {
    // Made in the task, the scope carries nothing over from the load.
    let bare: Spawn = |again| {
        let caches = Caches::current();
        tokio::spawn(async move { caches.scope(again).await })
    };
    Caches::isolated()
        .scope(async { assert_about(time(spawning(1, Some(bare))).await, FLIGHT_WAIT_MAX) })
        .await;
}

/// A call that a load makes by a task of its own.
type Again = Pin<Box<dyn Future<Output = bool> + Send>>;
type Spawn = fn(Again) -> tokio::task::JoinHandle<bool>;

/// Spawns a call of itself, if told how, and awaits it.
#[cached(name = "flights-spawning", ttl = 3600, skip(spawn))]
async fn spawning(id: u64, spawn: Option<Spawn>) -> bool {
    if let Some(spawn) = spawn {
        spawn(again(id)).await.unwrap();
    }
    spawn.is_some()
}

/// The type of a function's future is not known inside of it.
fn again(id: u64) -> Again {
    Box::pin(spawning(id, None))
}
