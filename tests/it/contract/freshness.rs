//! The rules about values past their ttl, on the test clock. `docs/freshness.md` has them as a
//! table.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use cachery::{Caches, cached, config::CacheSettings, stats::Stats};
use cachery_test_support::{Probe, ended, spawn, until};
use serde::{Deserialize, Serialize};

use super::{functions::Failure, place::Place};

const TTL: Duration = Duration::from_secs(60);
const NEARLY_THE_TTL: Duration = Duration::from_secs(59);
const STALE: Duration = Duration::from_secs(30);
const USABLE: Duration = Duration::from_secs(300);
const RETRY_AFTER: Duration = Duration::from_secs(10);
const SECOND: Duration = Duration::from_secs(1);

/// The act of one run of the function.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Act {
    Return,
    Fail,
    Panic,
}

/// The source of the values, whose runs can be held back.
pub(super) struct Origin {
    pub(super) probe: Arc<Probe>,
    acts: Mutex<VecDeque<Act>>,
}

impl Origin {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { probe: Probe::opened(), acts: Mutex::default() })
    }

    pub(super) fn held_back() -> Arc<Self> {
        Arc::new(Self { probe: Probe::closed(), acts: Mutex::default() })
    }

    /// Sets what the next runs do; those after them return.
    pub(super) fn will(&self, acts: impl IntoIterator<Item = Act>) {
        self.acts.lock().unwrap().extend(acts);
    }

    /// Returns the number of the run, from 1.
    pub(super) async fn run(&self) -> Result<usize, Failure> {
        let run = self.probe.run().await;
        match self.next_act() {
            Act::Return => Ok(run),
            Act::Fail => Err(Failure),
            // Without the panic hook, which would print.
            Act::Panic => std::panic::resume_unwind(Box::new("the origin panics")),
        }
    }

    /// Takes the act of the next run.
    pub(super) fn next_act(&self) -> Act {
        self.acts.lock().unwrap().pop_front().unwrap_or(Act::Return)
    }

    pub(super) fn runs(&self) -> usize {
        self.probe.runs()
    }
}

#[cached(
    name = "freshness-price",
    ttl = 60,
    stale = 30,
    stale_if_error = "5m",
    retry_after = 10,
    skip(origin)
)]
async fn price(_id: u64, origin: &Origin) -> Result<usize, Failure> {
    origin.run().await
}

#[cached(name = "freshness-not-set", ttl = 60, skip(origin))]
async fn not_set(_id: u64, origin: &Origin) -> Result<usize, Failure> {
    origin.run().await
}

/// An error that nobody shares.
#[derive(Debug, PartialEq)]
struct OwnFailure;

#[cached(name = "freshness-own-error", ttl = 60, stale_if_error = "5m", skip(origin))]
async fn own_error(_id: u64, origin: &Origin) -> Result<usize, OwnFailure> {
    origin.run().await.map_err(|Failure| OwnFailure)
}

fn stats() -> Stats {
    price::cache().stats()
}

async fn call(origin: &Arc<Origin>) -> Result<usize, Failure> {
    price(1, origin).await
}

fn begin(origin: &Arc<Origin>) -> tokio::task::JoinHandle<Result<usize, Failure>> {
    let origin = Arc::clone(origin);
    spawn(async move { price(1, &origin).await })
}

/// Runs `test` on a node of `place`, once the value of the first run is stored.
async fn with_a_value<T>(place: &Place, test: impl AsyncFnOnce(Caches, Arc<Origin>) -> T) -> T {
    let node = place.node().await;
    let origin = Origin::new();
    let scoped = async {
        node.clock().stop();
        assert_eq!(call(&origin).await, Ok(1));
        test(node.clone(), origin).await
    };
    node.scope(scoped).await
}

/// Advances to just after the ttl, where the value is stale.
fn to_stale(node: &Caches) {
    node.clock().advance(TTL);
}

/// Advances to where the value is usable on error only.
fn to_usable_on_error(node: &Caches) {
    node.clock().advance(TTL + STALE);
}

pub(crate) async fn a_fresh_value_needs_no_load(place: Place) {
    with_a_value(&place, async |node, origin| {
        node.clock().advance(NEARLY_THE_TTL);
        assert_eq!(call(&origin).await, Ok(1));
        assert_eq!((origin.runs(), stats().freshness.stale), (1, 0));
    })
    .await;
}

pub(crate) async fn of_the_callers_of_a_stale_value_one_renews_it_and_no_other_waits(place: Place) {
    with_a_value(&place, async |node, _| {
        to_stale(&node);
        let origin = Origin::held_back();
        let renewing = begin(&origin);
        until(|| origin.runs() == 1).await;
        for _ in 0..10 {
            assert_eq!(call(&origin).await, Ok(1));
        }
        origin.probe.open();
        origin.probe.let_out(1);
        // It gets the new value.
        assert_eq!(ended(renewing).await.unwrap(), Ok(1));
        assert_eq!((origin.runs(), stats().freshness.stale), (1, 10));
        assert_eq!(stats().freshness.refreshed_inline, 1);
        node.clock().advance(NEARLY_THE_TTL);
        assert_eq!(call(&origin).await, Ok(1));
        assert_eq!(origin.runs(), 1, "its life begins at the new write");
    })
    .await;
}

pub(crate) async fn a_renewal_that_fails_serves_the_stale_value_and_waits_for_the_next(
    place: Place,
) {
    for act in [Act::Fail, Act::Panic] {
        with_a_value(&place, async |node, origin| {
            to_stale(&node);
            origin.will([act]);
            assert_eq!(call(&origin).await, Ok(1), "{act:?}");
            assert_eq!(origin.runs(), 2);
            for _ in 0..3 {
                assert_eq!(call(&origin).await, Ok(1));
            }
            assert_eq!(origin.runs(), 2, "none before `retry_after`");
            node.clock().advance(RETRY_AFTER + SECOND + SECOND);
            assert_eq!(call(&origin).await, Ok(3));
            assert_eq!(stats().freshness.on_error, 1);
        })
        .await;
        let node = place.node().await;
        node.scope(async { price::cache().clear().await }).await;
    }
}

pub(crate) async fn a_renewal_whose_caller_goes_away_passes_to_the_next_call(place: Place) {
    with_a_value(&place, async |node, _| {
        to_stale(&node);
        let origin = Origin::held_back();
        let renewing = begin(&origin);
        until(|| origin.runs() == 1).await;
        renewing.abort();
        until(|| origin.probe.running() == 0).await;
        origin.probe.open();
        // With Redis the lease is given back in the background.
        until(|| renewing.is_finished()).await;
        for _ in 0..1_000 {
            call(&origin).await.unwrap();
            node.clock().advance(Duration::from_millis(20));
            if origin.runs() == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!((origin.runs(), call(&origin).await), (2, Ok(2)));
    })
    .await;
}

pub(crate) async fn a_value_that_is_usable_on_error_waits_for_its_load(place: Place) {
    with_a_value(&place, async |node, _| {
        to_usable_on_error(&node);
        let origin = Origin::held_back();
        let callers = [begin(&origin), begin(&origin), begin(&origin)];
        until(|| origin.runs() == 1 && stats().misses == 4).await;
        origin.probe.let_out(1);
        for caller in callers {
            assert_eq!(ended(caller).await.unwrap(), Ok(1));
        }
        assert_eq!((origin.runs(), stats().freshness.stale, stats().freshness.on_error), (1, 0, 0));
    })
    .await;
}

pub(crate) async fn it_serves_all_who_wait_when_their_load_fails(place: Place) {
    for act in [Act::Fail, Act::Panic] {
        with_a_value(&place, async |node, _| {
            to_usable_on_error(&node);
            let origin = Origin::held_back();
            origin.will([act]);
            let callers = [begin(&origin), begin(&origin), begin(&origin)];
            until(|| origin.runs() == 1 && stats().misses == 4).await;
            origin.probe.let_out(1);
            for caller in callers {
                assert_eq!(ended(caller).await.unwrap(), Ok(1), "{act:?}");
            }
            assert_eq!((origin.runs(), stats().freshness.on_error), (1, 3));
            assert_eq!(call(&origin).await, Ok(1));
            assert_eq!((origin.runs(), stats().freshness.on_error), (1, 4), "held off");
        })
        .await;
        let node = place.node().await;
        node.scope(async { price::cache().clear().await }).await;
    }
}

pub(crate) async fn failures_never_move_the_end_of_a_value(place: Place) {
    with_a_value(&place, async |node, origin| {
        origin.will([Act::Fail; 100]);
        let mut passed = Duration::ZERO;
        while passed + RETRY_AFTER < TTL + USABLE {
            node.clock().advance(RETRY_AFTER);
            passed += RETRY_AFTER;
            assert_eq!(call(&origin).await, Ok(1), "after {passed:?}");
        }
        // The first after the ttl, and then after 10, 20, 40, 80 and 100 s, each a little longer.
        let runs = origin.runs();
        assert!((6..=8).contains(&runs), "{runs} runs");
        node.clock().advance(RETRY_AFTER);
        assert_eq!(call(&origin).await, Err(Failure));
        assert_eq!(call(&origin).await, Err(Failure));
        assert_eq!(origin.runs(), runs + 2, "a value that is gone holds nobody off");
    })
    .await;
}

pub(crate) async fn an_error_that_nobody_shares_is_served_by_one_load_too(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let origin = Origin::new();
        assert_eq!(own_error(1, &origin).await, Ok(1));
        node.clock().advance(TTL + STALE);
        let origin = Origin::held_back();
        origin.will([Act::Fail]);
        let begin = || {
            let origin = Arc::clone(&origin);
            spawn(async move { own_error(1, &origin).await })
        };
        let callers = [begin(), begin(), begin()];
        until(|| own_error::cache().stats().misses == 4).await;
        origin.probe.let_out(1);
        for caller in callers {
            assert_eq!(ended(caller).await.unwrap(), Ok(1));
        }
        assert_eq!(origin.runs(), 1);
    })
    .await;
}

pub(crate) async fn what_was_invalidated_is_not_served_when_a_load_fails(place: Place) {
    with_a_value(&place, async |node, origin| {
        to_stale(&node);
        price::invalidate(1).await;
        origin.will([Act::Fail]);
        assert_eq!(call(&origin).await, Err(Failure));
    })
    .await;
}

pub(crate) async fn nor_what_is_invalidated_while_it_runs(place: Place) {
    for clears in [false, true] {
        with_a_value(&place, async |node, _| {
            to_usable_on_error(&node);
            let origin = Origin::held_back();
            origin.will([Act::Fail]);
            let caller = begin(&origin);
            until(|| origin.runs() == 1).await;
            if clears {
                price::cache().clear().await;
            } else {
                price::invalidate(1).await;
            }
            origin.probe.let_out(1);
            assert_eq!(ended(caller).await.unwrap(), Err(Failure), "clears: {clears}");
        })
        .await;
        let node = place.node().await;
        node.scope(async { price::cache().clear().await }).await;
    }
}

pub(crate) async fn a_panic_without_a_value_is_the_callers(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let origin = Origin::new();
        origin.will([Act::Panic]);
        let caller = begin(&origin);
        assert!(ended(caller).await.unwrap_err().is_panic());
        assert_eq!(call(&origin).await, Ok(2));
    })
    .await;
}

pub(crate) async fn a_peek_shows_stale_values_and_none_that_are_usable_on_error(place: Place) {
    with_a_value(&place, async |node, origin| {
        to_stale(&node);
        assert_eq!(price::peek(1).await, Some(1));
        node.clock().advance(STALE);
        assert_eq!(price::peek(1).await, None);
        assert_eq!(origin.runs(), 1);
    })
    .await;
}

pub(crate) async fn settings_switch_it_off_and_on(place: Place) {
    let settings = CacheSettings::new().stale(Duration::ZERO).stale_if_error(Duration::ZERO);
    let on = CacheSettings::new().stale_if_error(USABLE);
    let node = place.node_with(|builder| {
        builder.cache("freshness-price", settings).cache("freshness-not-set", on)
    });
    let node = node.await;
    node.scope(async {
        let origin = Origin::new();
        assert_eq!(call(&origin).await, Ok(1));
        assert_eq!(not_set(1, &origin).await, Ok(2));
        to_stale(&node);
        origin.will([Act::Fail, Act::Fail]);
        assert_eq!(call(&origin).await, Err(Failure));
        assert_eq!(not_set(1, &origin).await, Ok(2));
    })
    .await;
}

pub(crate) async fn health_and_the_report_tell_who_lives_on_old_values_and_since_when(
    place: Place,
) {
    with_a_value(&place, async |node, origin| {
        let notes = async || {
            let notes = node.health().await.notes;
            notes.into_iter().filter(|note| note.contains("freshness-price")).collect::<Vec<_>>()
        };
        let stale_for = || {
            let caches = node.report().caches;
            caches.into_iter().find(|cache| cache.name == "freshness-price").unwrap().stale_for
        };
        to_usable_on_error(&node);
        assert_eq!((notes().await.len(), stale_for()), (0, None));
        origin.will([Act::Fail]);
        assert_eq!(call(&origin).await, Ok(1));
        node.clock().advance(SECOND * 120);
        assert_eq!(stale_for(), Some(SECOND * 120));
        assert!(notes().await[0].contains("for 2m its loads have failed"), "{:?}", notes().await);
        assert_eq!(call(&origin).await, Ok(3));
        assert_eq!((notes().await.len(), stale_for()), (0, None));
    })
    .await;
}

pub(crate) async fn a_load_that_has_failed_holds_off_the_other_node(place: Place) {
    let nodes = [place.node().await, place.node().await];
    let [here, there] = &nodes;
    let origin = Origin::new();
    for node in &nodes {
        node.clock().stop();
        assert_eq!(node.scope(call(&origin)).await, Ok(1));
        to_usable_on_error(node);
    }
    origin.will([Act::Fail, Act::Fail, Act::Fail]);
    assert_eq!(here.scope(call(&origin)).await, Ok(1));
    assert_eq!(origin.runs(), 2);
    // The failure is told in the background.
    here.shutdown(Duration::from_secs(20)).await;
    for _ in 0..2 {
        assert_eq!(there.scope(call(&origin)).await, Ok(1), "the old value serves");
    }
    assert_eq!(origin.runs(), 2, "one node has asked for both");
    let stats = there.scope(async { stats() }).await;
    assert_eq!((stats.load_errors, stats.freshness.on_error), (0, 2));
    there.scope(async { price::invalidate(1).await }).await;
    assert_eq!(there.scope(call(&origin)).await, Err(Failure), "nothing is left to serve");
}

pub(crate) async fn a_new_value_of_another_node_ends_the_note(place: Place) {
    let nodes = [place.node().await, place.node().await];
    let [here, there] = &nodes;
    let origin = Origin::new();
    for node in &nodes {
        node.clock().stop();
        assert_eq!(node.scope(call(&origin)).await, Ok(1));
        to_usable_on_error(node);
    }
    let stale_for = || {
        let caches = here.report().caches;
        caches.into_iter().find(|cache| cache.name == "freshness-price").unwrap().stale_for
    };
    origin.will([Act::Fail]);
    assert_eq!(here.scope(call(&origin)).await, Ok(1));
    assert_eq!(stale_for(), Some(Duration::ZERO));
    here.shutdown(Duration::from_secs(20)).await;
    there.scope(async { price::put(1, 100).await }).await;
    here.clock().advance(RETRY_AFTER + SECOND + SECOND);
    assert_eq!((here.scope(call(&origin)).await, origin.runs()), (Ok(100), 2));
    assert_eq!(stale_for(), None);
}

/// More than passes between the starts of two nodes: the clock of each begins at the time of the day.
const MARGIN: Duration = Duration::from_secs(60);

pub(crate) async fn to_read_a_value_from_redis_moves_no_end_of_it(place: Place) {
    let writer = place.node().await;
    writer.clock().stop();
    assert_eq!(writer.scope(call(&Origin::new())).await, Ok(1));
    // A node reads it for the first time in each part of its life.
    let nearly_gone = (TTL + USABLE).saturating_sub(MARGIN);
    for age in [NEARLY_THE_TTL, TTL, TTL + STALE, nearly_gone] {
        let reader = place.node().await;
        reader.clock().stop();
        reader.clock().advance(age);
        let origin = Origin::new();
        origin.will([Act::Fail; 4]);
        assert_eq!(reader.scope(call(&origin)).await, Ok(1), "after {age:?}");
        reader.clock().advance((TTL + USABLE).saturating_sub(age + MARGIN));
        assert_eq!(reader.scope(call(&origin)).await, Ok(1), "after {age:?} until its end");
        reader.clock().advance(MARGIN);
        assert_eq!(reader.scope(call(&origin)).await, Err(Failure), "after {age:?}");
        reader.shutdown(Duration::from_secs(20)).await;
    }
}
