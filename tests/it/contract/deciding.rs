//! The rules of values that decide over their own life: `cache_if` and `ttl_of`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use cachery::{Backend, cached, caches, config::CacheSettings};
use cachery_test_support::{Probe, ended, spawn, until};
use serde::{Deserialize, Serialize};

use super::place::Place;

const SECOND: Duration = Duration::from_secs(1);

/// Stores the values of runs from the `first` one on.
#[cached(name = "contract-from", ttl = 3600, cache_if = |value| value.run >= value.first, skip(probe))]
async fn from(_id: u64, first: usize, probe: &Probe) -> Value {
    Value { run: probe.run().await, first }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Value {
    run: usize,
    first: usize,
}

/// A token that tells when it expires.
#[cached(name = "contract-token", ttl = 3600, ttl_of = |token| token.lives, skip(probe))]
async fn token(lives: Option<u64>, probe: &Probe) -> Result<Token, String> {
    let run = probe.run().await;
    Ok(Token { run, lives: lives.map(Duration::from_secs) })
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Token {
    run: usize,
    lives: Option<Duration>,
}

/// As `token`, by a thread.
#[cached(name = "contract-token-by-thread", ttl = 3600, ttl_of = |token| token.lives, skip(runs))]
fn token_by_thread(lives: Option<u64>, runs: &AtomicUsize) -> Token {
    let run = runs.fetch_add(1, SeqCst) + 1;
    Token { run, lives: lives.map(Duration::from_secs) }
}

caches! {
    /// Numbers of runs, of which the odd ones are not stored, and each other lives a minute.
    static EVEN: Cache<u64, usize> = {
        name: "contract-even",
        ttl: 3600,
        cache_if: |run| run % 2 == 0,
        ttl_of: |_| Duration::from_secs(60),
    };
}

#[cached(cache = EVEN, skip(probe))]
async fn even(_id: u64, probe: &Probe) -> Result<usize, String> {
    Ok(probe.run().await)
}

/// A token that nobody may have after its time, and whose loads may fail before it.
#[cached(
    name = "contract-stale-token",
    ttl = 600,
    stale = 300,
    stale_if_error = 300,
    ttl_of = |token| token.lives,
    skip(probe)
)]
async fn stale_token(lives: Option<u64>, fails: bool, probe: &Probe) -> Result<Token, String> {
    let run = probe.run().await;
    let token = Token { run, lives: lives.map(Duration::from_secs) };
    if fails && run > 1 { Err("the source is away".to_owned()) } else { Ok(token) }
}

/// Finds something from the run `first` on.
#[cached(name = "contract-maybe", ttl = 3600, stale = 600, none_ttl = 10, skip(probe))]
async fn maybe(first: usize, probe: &Probe) -> Result<Option<usize>, String> {
    let run = probe.run().await;
    Ok((run >= first).then_some(run))
}

/// As `maybe`, without the argument, and with a rule of its own.
#[cached(name = "contract-perhaps-small", ttl = 3600, cache_if = |run| *run != Some(2), skip(probe))]
async fn perhaps_small(first: usize, probe: &Probe) -> Option<usize> {
    let run = probe.run().await;
    (run >= first).then_some(run)
}

caches! {
    /// Numbers that may be missing.
    static MAYBE: Cache<u64, Option<u64>> = { name: "contract-maybes", ttl: 3600, none_ttl: 10 };
}

#[cached(name = "contract-short-memory", ttl = 3600, memory_ttl = 10, skip(probe))]
async fn short_memory(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

/// Starts callers of one key, until all of them load or wait.
async fn callers(first: usize, count: usize, probe: &Arc<Probe>) -> Vec<Caller> {
    let misses = from::cache().stats().misses;
    let call = |probe: Arc<Probe>| async move { from(1, first, &probe).await.run };
    let callers = (0..count).map(|_| spawn(call(Arc::clone(probe)))).collect();
    until(|| from::cache().stats().misses == misses + count as u64).await;
    callers
}

type Caller = tokio::task::JoinHandle<usize>;

pub(crate) async fn an_own_ttl_only_shortens_and_none_is_for_the_ttl_of_the_cache(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        for (lives, ends) in [(Some(60), 60), (Some(7200), 3600), (None, 3600)] {
            let probe = Probe::opened();
            assert_eq!(token(lives, &probe).await.unwrap().run, 1);
            node.clock().advance(Duration::from_secs(ends - 1));
            assert_eq!(token(lives, &probe).await.unwrap().run, 1, "{lives:?}");
            node.clock().advance(SECOND);
            assert_eq!(token::peek(lives).await, None, "{lives:?}");
            assert_eq!(token(lives, &probe).await.unwrap().run, 2, "{lives:?}");
        }
    })
    .await;
}

pub(crate) async fn a_value_with_a_ttl_of_zero_is_returned_and_not_stored(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!(token(Some(0), &probe).await.unwrap().run, 1);
        assert_eq!(token::peek(Some(0)).await, None);
        assert_eq!(token(Some(0), &probe).await.unwrap().run, 2);
        let stats = token::cache().stats();
        assert_eq!((stats.loads, stats.puts, stats.declined), (2, 0, 2));
    })
    .await;
}

pub(crate) async fn a_value_that_is_not_to_be_stored_takes_the_old_one_with_it(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        let stored = Value { run: 9, first: 9 };
        from::put(1, 9, stored.clone()).await;
        assert_eq!(from::peek(1, 9).await.as_ref(), Some(&stored));
        assert_eq!(from::refresh(1, 9, &probe).await.run, 1);
        assert_eq!(from::peek(1, 9).await, None, "by `refresh`");
        from::put(1, 9, stored).await;
        from::put(1, 9, Value { run: 1, first: 9 }).await;
        assert_eq!(from::peek(1, 9).await, None, "by `put`");
        assert_eq!(from::cache().stats().declined, 2);
    })
    .await;
}

pub(crate) async fn callers_behind_a_value_that_is_not_stored_load_side_by_side(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let probe = Probe::closed();
        let waiting = callers(1000, 200, &probe).await;
        until(|| probe.running() == 1).await;
        probe.let_out(1);
        // All at once, and not one after the other, nor a few at a time.
        until(|| probe.running() == 199).await;
        // Those who come later wait for nobody.
        let later = callers(1000, 20, &probe).await;
        until(|| probe.running() == 219).await;
        probe.open();
        let mut runs = Vec::new();
        for caller in waiting.into_iter().chain(later) {
            runs.push(ended(caller).await.unwrap());
        }
        runs.sort_unstable();
        assert!(runs.into_iter().eq(1..=220), "each has a value of its own");
        assert_eq!((from::cache().stats().declined, from::cache().stats().size), (220, 0));
        // After a while one caller loads for all again.
        node.clock().advance(10 * SECOND);
        let probe = Probe::closed();
        let waiting = callers(1000, 5, &probe).await;
        until(|| probe.running() == 1).await;
        assert_eq!(probe.runs(), 1);
        probe.open();
        for caller in waiting {
            ended(caller).await.unwrap();
        }
    })
    .await;
}

pub(crate) async fn a_value_that_was_stored_ends_the_loads_side_by_side(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!((from(1, 2, &probe).await.run, from(1, 2, &probe).await.run), (1, 2));
        assert_eq!((from(1, 2, &probe).await.run, probe.runs()), (2, 2), "it is stored");
        from::invalidate(1, 2).await;
        let probe = Probe::closed();
        let waiting = callers(2, 10, &probe).await;
        until(|| probe.running() == 1).await;
        assert_eq!(probe.runs(), 1);
        probe.open();
        for caller in waiting {
            ended(caller).await.unwrap();
        }
    })
    .await;
}

pub(crate) async fn a_waiter_of_a_declined_value_that_is_invalidated_stores_nothing(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::closed();
        let waiting = callers(2, 2, &probe).await;
        until(|| probe.running() == 1).await;
        probe.let_out(1);
        // The second run's value would be stored.
        until(|| probe.runs() == 2).await;
        from::invalidate(1, 2).await;
        probe.open();
        for caller in waiting {
            ended(caller).await.unwrap();
        }
        assert_eq!(from::peek(1, 2).await, None);
    })
    .await;
}

pub(crate) async fn an_own_ttl_ends_a_value_although_stale_ones_are_returned(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        for (lives, fails) in [(Some(60), false), (Some(60), true), (None, false), (None, true)] {
            let probe = Probe::opened();
            let call = || stale_token(lives, fails, &probe);
            assert_eq!(call().await.unwrap().run, 1);
            node.clock().advance(Duration::from_secs(60));
            let now = call().await.ok().map(|token| token.run);
            let expected = match (lives, fails) {
                (None, _) => Some(1),
                (Some(_), false) => Some(2),
                (Some(_), true) => None,
            };
            assert_eq!(now, expected, "after its own ttl: {lives:?}, {fails}");
            if lives.is_none() {
                node.clock().advance(Duration::from_secs(540));
                let renewed = call().await.unwrap().run;
                assert_eq!(renewed, if fails { 1 } else { 2 }, "past the ttl of the cache");
                assert_eq!(probe.runs(), 2, "past the ttl it is renewed: {fails}");
            }
        }
    })
    .await;
}

pub(crate) async fn a_value_decides_in_a_function_that_is_not_async(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let runs = AtomicUsize::new(0);
        let call = |lives| token_by_thread(lives, &runs).run;
        assert_eq!((call(Some(0)), call(Some(0))), (1, 2), "it is not stored");
        assert_eq!((call(Some(60)), call(Some(60))), (3, 3));
        node.clock().advance(Duration::from_secs(60));
        assert_eq!((call(Some(60)), call(Some(60))), (4, 4), "its own ttl is over");
        token_by_thread::put(Some(60), Token { run: 9, lives: Some(Duration::ZERO) });
        assert_eq!(token_by_thread::peek(Some(60)), None, "by `put`");
        assert_eq!(token_by_thread::cache().stats().declined, 3);
    })
    .await;
}

pub(crate) async fn a_value_decides_in_a_declared_cache(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!(even(1, &probe).await, Ok(1));
        assert_eq!(EVEN.get(&1).await, None);
        assert_eq!(EVEN.get_or_load(&1, || probe.run()).await, 2);
        assert_eq!((even(1, &probe).await, EVEN.get(&1).await), (Ok(2), Some(2)));
        node.clock().advance(Duration::from_secs(60));
        assert_eq!(EVEN.get(&1).await, None, "its own ttl is over");
        EVEN.put(&1, 4).await;
        EVEN.put(&1, 5).await;
        assert_eq!((EVEN.get(&1).await, EVEN.stats().declined), (None, 2));
    })
    .await;
}

pub(crate) async fn a_none_has_a_ttl_of_its_own(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!(maybe(2, &probe).await, Ok(None));
        node.clock().advance(9 * SECOND);
        assert_eq!((maybe(2, &probe).await, maybe::peek(2).await), (Ok(None), Some(None)));
        node.clock().advance(SECOND);
        assert_eq!(maybe::peek(2).await, None, "it is not even stale");
        assert_eq!(maybe(2, &probe).await, Ok(Some(2)));
        node.clock().advance(3599 * SECOND);
        assert_eq!((maybe(2, &probe).await, probe.runs()), (Ok(Some(2)), 2));
        MAYBE.put(&1, None).await;
        MAYBE.put(&2, Some(2)).await;
        node.clock().advance(10 * SECOND);
        assert_eq!((MAYBE.get(&1).await, MAYBE.get(&2).await), (None, Some(Some(2))));
    })
    .await;
}

pub(crate) async fn a_setting_shortens_the_life_of_a_none_where_no_attribute_does(place: Place) {
    let settings = CacheSettings::new().none_ttl(10 * SECOND);
    let of_one = place.node_with(|builder| builder.cache("contract-perhaps-small", settings)).await;
    let of_all = place.node_with(|builder| builder.all(settings)).await;
    for (first, node) in [(3, of_one), (4, of_all)] {
        node.clock().stop();
        node.scope(async {
            let probe = Probe::opened();
            assert_eq!(perhaps_small(first, &probe).await, None);
            assert_eq!((perhaps_small(first, &probe).await, probe.runs()), (None, 1));
            node.clock().advance(10 * SECOND);
            perhaps_small(first, &probe).await;
            assert_eq!(probe.runs(), 2);
        })
        .await;
    }
}

pub(crate) async fn memory_keeps_a_value_for_less_time_than_redis(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let probe = Probe::opened();
        let remote_hits = || short_memory::cache().stats().remote.hits;
        assert_eq!((short_memory(1, &probe).await, short_memory(1, &probe).await), (1, 1));
        let from_redis = match place.backend {
            Backend::Memory => 0,
            Backend::Redis => 2,
            _ => 1,
        };
        // Also what memory has read from Redis.
        for _ in 0..2 {
            let before = remote_hits();
            node.clock().advance(10 * SECOND);
            assert_eq!((short_memory(1, &probe).await, short_memory(1, &probe).await), (1, 1));
            assert_eq!(remote_hits() - before, from_redis);
        }
        node.clock().advance(3580 * SECOND);
        assert_eq!(short_memory::peek(1).await, None);
        assert_eq!((short_memory(1, &probe).await, probe.runs()), (2, 2));
    })
    .await;
}
