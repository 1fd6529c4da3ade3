//! The rules of loads that run in tasks of their own.

use std::{sync::Arc, time::Duration};

use cachery::{Caches, cached, stats::Stats};
use cachery_test_support::{ended, spawn, until};

use super::{
    freshness::{Act, Origin},
    functions::Failure,
    place::Place,
};

const TTL: Duration = Duration::from_secs(60);
const HELD_OFF: Duration = Duration::from_secs(12);
const NEARLY_HELD_OFF: Duration = Duration::from_millis(9_900);
const NEARLY_THE_TTL: Duration = Duration::from_secs(59);

#[cached(
    name = "detached-price",
    ttl = 60,
    stale = 30,
    stale_if_error = "5m",
    detach,
    skip(origin)
)]
async fn price(name: &str, origin: &Arc<Origin>) -> Result<usize, Failure> {
    assert_eq!(name, "tea", "the task has an argument of its own");
    origin.run().await
}

#[cached(name = "detached-prices", ttl = 60, stale = 30, detach, skip(origin))]
async fn prices(_id: u64, origin: &Arc<Origin>) -> Result<usize, Failure> {
    origin.run().await
}

/// An error that nobody shares.
#[derive(Debug, PartialEq)]
struct OwnFailure;

#[derive(Clone)]
struct Shop {
    origin: Arc<Origin>,
}

impl Shop {
    #[cached(name = "detached-of-shop", ttl = 60, detach, skip(self))]
    async fn price(&self, names: &[String]) -> Result<usize, OwnFailure> {
        assert_eq!(names, ["tea"]);
        self.origin.run().await.map_err(|Failure| OwnFailure)
    }
}

fn stats() -> Stats {
    price::cache().stats()
}

async fn call(origin: &Arc<Origin>) -> Result<usize, Failure> {
    price("tea", origin).await
}

fn begin(origin: &Arc<Origin>) -> tokio::task::JoinHandle<Result<usize, Failure>> {
    let origin = Arc::clone(origin);
    spawn(async move { price("tea", &origin).await })
}

async fn with_a_value<T>(place: &Place, test: impl AsyncFnOnce(Caches) -> T) -> T {
    let node = place.node().await;
    let scoped = async {
        node.clock().stop();
        assert_eq!(call(&Origin::new()).await, Ok(1));
        test(node.clone()).await
    };
    node.scope(scoped).await
}

pub(crate) async fn a_load_whose_callers_have_all_given_up_is_finished_and_stored(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let origin = Origin::held_back();
        let callers: Vec<_> = (0..10).map(|_| begin(&origin)).collect();
        until(|| origin.runs() == 1 && stats().misses == 10).await;
        for caller in &callers {
            caller.abort();
        }
        until(|| callers.iter().all(tokio::task::JoinHandle::is_finished)).await;
        assert_eq!(origin.probe.running(), 1, "it outlives them");
        origin.probe.let_out(1);
        until(|| stats().puts == 1).await;
        assert_eq!((call(&origin).await, origin.runs(), stats().hits), (Ok(1), 1, 1));
    })
    .await;
}

pub(crate) async fn nobody_waits_for_the_renewal_of_a_stale_value(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(TTL);
        let origin = Origin::held_back();
        // None of them waits, although no run ends.
        for _ in 0..10 {
            assert_eq!(call(&origin).await, Ok(1));
        }
        until(|| origin.runs() == 1).await;
        assert_eq!((stats().hits, stats().misses, stats().freshness.stale), (10, 1, 10));
        origin.probe.let_out(1);
        until(|| stats().freshness.refreshed_in_background == 1).await;
        until(|| stats().puts == 2).await;
        node.clock().advance(NEARLY_THE_TTL);
        assert_eq!((call(&origin).await, origin.runs()), (Ok(1), 1));
    })
    .await;
}

pub(crate) async fn a_renewal_that_fails_in_its_task_keeps_the_value(place: Place) {
    for act in [Act::Fail, Act::Panic] {
        with_a_value(&place, async |node| {
            node.clock().advance(TTL);
            let origin = Origin::new();
            origin.will([act]);
            assert_eq!(call(&origin).await, Ok(1));
            until(|| stats().freshness.background_errors == 1).await;
            for _ in 0..3 {
                assert_eq!(call(&origin).await, Ok(1));
            }
            // For ten seconds, where nothing else is set.
            node.clock().advance(NEARLY_HELD_OFF);
            assert_eq!(call(&origin).await, Ok(1));
            assert_eq!(origin.runs(), 1, "held off after {act:?}");
            node.clock().advance(HELD_OFF);
            assert_eq!(call(&origin).await, Ok(1));
            until(|| stats().freshness.refreshed_in_background == 1).await;
            until(|| stats().puts == 2).await;
            assert_eq!(call(&origin).await, Ok(2));
            price::cache().clear().await;
        })
        .await;
    }
}

pub(crate) async fn what_is_invalidated_while_it_is_renewed_stays_invalid(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(TTL);
        let origin = Origin::held_back();
        assert_eq!(call(&origin).await, Ok(1));
        until(|| origin.runs() == 1).await;
        price::invalidate("tea").await;
        origin.probe.let_out(1);
        until(|| stats().freshness.refreshed_in_background == 1).await;
        until(|| origin.probe.running() == 0).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(price::peek("tea").await, None);
    })
    .await;
}

pub(crate) async fn the_panic_and_the_error_of_a_load_reach_their_caller(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let origin = Origin::new();
        origin.will([Act::Panic, Act::Fail]);
        assert!(ended(begin(&origin)).await.unwrap_err().is_panic());
        assert_eq!(call(&origin).await, Err(Failure));
        assert_eq!(call(&origin).await, Ok(3));
        let shop = Shop { origin: Origin::new() };
        shop.origin.will([Act::Fail]);
        let names = ["tea".to_owned()];
        assert_eq!(shop.price(&names).await, Err(OwnFailure));
        assert_eq!((shop.price(&names).await, shop.price(&names).await), (Ok(2), Ok(2)));
    })
    .await;
}

pub(crate) async fn a_shutdown_ends_the_loads_that_nobody_waits_for(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(TTL);
        let origin = Origin::held_back();
        assert_eq!(call(&origin).await, Ok(1));
        let abandoned = Origin::held_back();
        let caller = spawn({
            let abandoned = Shop { origin: Arc::clone(&abandoned) };
            async move { abandoned.price(&["tea".to_owned()]).await }
        });
        until(|| origin.runs() == 1 && abandoned.runs() == 1).await;
        caller.abort();
        until(|| caller.is_finished()).await;
        let waits = Origin::held_back();
        let waiting = spawn({
            let waits = Arc::clone(&waits);
            async move { price("tea", &waits).await }
        });
        ended(waiting).await.unwrap().unwrap();
        node.shutdown(Duration::from_millis(20)).await;
        until(|| origin.probe.running() + abandoned.probe.running() == 0).await;
        // The next call works.
        assert_eq!(call(&Origin::new()).await, Ok(1));
    })
    .await;
}

pub(crate) async fn a_shutdown_waits_for_the_loads_in_tasks(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(TTL);
        let origin = Origin::held_back();
        assert_eq!(call(&origin).await, Ok(1));
        until(|| origin.runs() == 1).await;
        let shutdown = tokio::spawn(async move { node.shutdown(Duration::from_secs(20)).await });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!((shutdown.is_finished(), origin.probe.running()), (false, 1));
        origin.probe.let_out(1);
        ended(shutdown).await.unwrap();
        assert_eq!((stats().freshness.refreshed_in_background, stats().puts), (1, 2));
    })
    .await;
}

pub(crate) async fn a_shutdown_leaves_the_loads_whose_callers_wait(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let origin = Origin::held_back();
        let caller = begin(&origin);
        until(|| origin.runs() == 1).await;
        node.shutdown(Duration::from_millis(20)).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(origin.probe.running(), 1);
        origin.probe.let_out(1);
        assert_eq!(ended(caller).await.unwrap(), Ok(1));
    })
    .await;
}

/// The most renewals of a cache at once.
const MOST: usize = 64;

pub(crate) async fn renewals_are_bounded_and_a_later_call_renews_what_was_shed(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        let (origin, ids) = (Origin::new(), 0..MOST as u64 + 6);
        for id in ids.clone() {
            prices(id, &origin).await.unwrap();
        }
        node.clock().advance(TTL);
        let (held_back, stats) = (Origin::held_back(), || prices::cache().stats());
        for id in ids.clone() {
            prices(id, &held_back).await.expect("the stale value");
        }
        until(|| held_back.runs() == MOST).await;
        assert_eq!(stats().freshness.background_shed, 6);
        held_back.probe.open();
        until(|| stats().freshness.refreshed_in_background == MOST as u64).await;
        // A task ends a little later than its load.
        for _ in 0..2_000 {
            for id in ids.clone() {
                prices(id, &held_back).await.unwrap();
            }
            if held_back.runs() == ids.clone().count() {
                break;
            }
            // With Redis, nobody looks again at once after a value that another caller renews.
            node.clock().advance(Duration::from_millis(1));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        until(|| stats().freshness.refreshed_in_background == MOST as u64 + 6).await;
    })
    .await;
}

/// More runtimes than tasks may renew values of a cache.
pub(crate) async fn a_runtime_that_ends_during_a_renewal_leaves_it_to_the_next_call(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(TTL);
        for _ in 0..70 {
            let origin = Origin::held_back();
            let (node, own) = (node.clone(), Arc::clone(&origin));
            let ended = tokio::task::spawn_blocking(move || {
                let builder = &mut tokio::runtime::Builder::new_multi_thread();
                let runtime = builder.worker_threads(1).enable_all().build().expect("a runtime");
                runtime.block_on(node.scope(async {
                    // With Redis the lease of the one before is given back in the background.
                    while own.runs() == 0 {
                        assert_eq!(call(&own).await, Ok(1));
                        node.clock().advance(Duration::from_millis(1));
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }));
                drop(runtime);
            });
            ended.await.expect("it ends while the renewal runs");
            assert_eq!((origin.runs(), origin.probe.running()), (1, 0), "the renewal has gone");
        }
        let origin = Origin::new();
        until_renewed(&node, &origin).await;
        assert_eq!(stats().freshness.background_shed, 0);
    })
    .await;
}

/// Calls until a task has renewed the value.
async fn until_renewed(node: &Caches, origin: &Arc<Origin>) {
    for _ in 0..2_000 {
        call(origin).await.expect("a stale value is returned");
        if stats().freshness.refreshed_in_background > 0 {
            return;
        }
        node.clock().advance(Duration::from_millis(1));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("nothing is renewed any more");
}

pub(crate) async fn a_refresh_that_panics_or_is_dropped_or_outlives_a_shutdown_leaves_nothing(
    place: Place,
) {
    with_a_value(&place, async |node| {
        let refresh = |origin: &Arc<Origin>| {
            let origin = Arc::clone(origin);
            spawn(async move { price::refresh("tea", &origin).await })
        };
        let origin = Origin::new();
        origin.will([Act::Panic]);
        assert!(ended(refresh(&origin)).await.unwrap_err().is_panic());
        assert_eq!(price::refresh("tea", &origin).await, Ok(2));
        let dropped = Origin::held_back();
        let caller = refresh(&dropped);
        until(|| dropped.runs() == 1).await;
        caller.abort();
        until(|| caller.is_finished()).await;
        assert_eq!(dropped.probe.running(), 0);
        assert_eq!(price::refresh("tea", &origin).await, Ok(3));
        let last = Origin::held_back();
        let caller = refresh(&last);
        until(|| last.runs() == 1).await;
        node.shutdown(Duration::from_millis(20)).await;
        assert_eq!(last.probe.running(), 1, "its caller waits for it");
        last.probe.open();
        assert_eq!(ended(caller).await.unwrap(), Ok(1));
        assert_eq!(price::refresh("tea", &origin).await, Ok(4));
        assert_eq!(call(&origin).await, Ok(4));
    })
    .await;
}
