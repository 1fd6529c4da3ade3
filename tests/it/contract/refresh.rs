//! The rules about values that are refreshed before their ttl ends.

use std::{sync::Arc, time::Duration};

use cachery::{
    Caches, cached,
    config::{CacheSettings, Refresh},
    stats::Stats,
};
use cachery_test_support::{ended, spawn, until};

use super::{
    freshness::{Act, Origin},
    functions::Failure,
    place::Place,
};

const TTL: Duration = Duration::from_secs(60);
/// The refresh begins after 80 % of the ttl, that is after 48 s.
const BEFORE_THE_WINDOW: Duration = Duration::from_secs(47);
const IN_THE_WINDOW: Duration = Duration::from_secs(49);
const HELD_OFF: Duration = Duration::from_secs(3);
const LOAD_TIME: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);

#[cached(name = "refresh-price", ttl = 60, refresh = "80%", retry_after = 2, skip(origin))]
async fn price(_id: u64, origin: &Origin) -> Result<usize, Failure> {
    origin.run().await
}

#[cached(name = "refresh-detached", ttl = 60, refresh = "80%", detach, skip(origin))]
async fn detached(_id: u64, origin: &Arc<Origin>) -> Result<usize, Failure> {
    origin.run().await
}

#[cached(name = "refresh-not-set", ttl = 60, skip(origin))]
async fn not_set(_id: u64, origin: &Origin) -> Result<usize, Failure> {
    origin.run().await
}

/// Its loads take [`LOAD_TIME`], so the window is the last two seconds.
#[cached(name = "refresh-auto", ttl = 60, refresh = "auto", skip(origin))]
async fn auto(_id: u64, origin: &Origin) -> Result<usize, Failure> {
    Caches::current().clock().advance(LOAD_TIME);
    origin.run().await
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

/// Runs `test` on a node of `place`, once values are stored.
async fn with_a_value<T>(place: &Place, test: impl AsyncFnOnce(Caches) -> T) -> T {
    let node = place.node().await;
    let scoped = async {
        node.clock().stop();
        assert_eq!(call(&Origin::new()).await, Ok(1));
        assert_eq!(detached(1, &Origin::new()).await, Ok(1));
        test(node.clone()).await
    };
    node.scope(scoped).await
}

pub(crate) async fn a_value_before_its_window_needs_no_load(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(BEFORE_THE_WINDOW);
        let origin = Origin::new();
        assert_eq!((call(&origin).await, detached(1, &origin).await), (Ok(1), Ok(1)));
        assert_eq!(origin.runs(), 0);
    })
    .await;
}

pub(crate) async fn the_window_is_twenty_load_times_where_that_is_less(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        let origin = Origin::new();
        assert_eq!(auto(1, &origin).await, Ok(1));
        node.clock().advance(TTL.saturating_sub(SECOND * 5 / 2));
        assert_eq!(auto(1, &origin).await, Ok(1));
        node.clock().advance(SECOND);
        assert_eq!(auto(1, &origin).await, Ok(2));
    })
    .await;
}

pub(crate) async fn of_its_callers_in_the_window_one_refreshes_it_and_no_other_waits(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(IN_THE_WINDOW);
        let origin = Origin::held_back();
        let second = Origin::new();
        assert_eq!(call(&second).await, Ok(1), "the new value");
        assert_eq!(second.runs(), 1);
        node.clock().advance(IN_THE_WINDOW);
        let refreshing = begin(&origin);
        until(|| origin.runs() == 1).await;
        for _ in 0..10 {
            assert_eq!(call(&origin).await, Ok(1));
        }
        origin.probe.let_out(1);
        assert_eq!(ended(refreshing).await.unwrap(), Ok(1));
        assert_eq!((origin.runs(), stats().freshness.refreshed_inline), (1, 2));
        assert_eq!((stats().freshness.stale, stats().freshness.on_error), (0, 0));
        node.clock().advance(BEFORE_THE_WINDOW);
        assert_eq!(call(&origin).await, Ok(1));
        assert_eq!(origin.runs(), 1, "its life begins at the new write");
    })
    .await;
}

pub(crate) async fn nobody_waits_for_a_refresh_by_a_task(place: Place) {
    with_a_value(&place, async |node| {
        let stats = || detached::cache().stats();
        node.clock().advance(IN_THE_WINDOW);
        let origin = Origin::held_back();
        // None of them waits, although no run ends.
        for _ in 0..10 {
            assert_eq!(detached(1, &origin).await, Ok(1));
        }
        until(|| origin.runs() == 1).await;
        assert_eq!((stats().hits, stats().misses, stats().freshness.stale), (10, 1, 0));
        origin.probe.let_out(1);
        until(|| stats().freshness.refreshed_in_background == 1 && stats().puts == 2).await;
        node.clock().advance(BEFORE_THE_WINDOW);
        assert_eq!((detached(1, &origin).await, origin.runs()), (Ok(1), 1));
    })
    .await;
}

pub(crate) async fn a_refresh_that_fails_keeps_the_value_until_its_end(place: Place) {
    for act in [Act::Fail, Act::Panic] {
        with_a_value(&place, async |node| {
            node.clock().advance(IN_THE_WINDOW);
            let origin = Origin::new();
            origin.will([act, act, act]);
            for _ in 0..3 {
                assert_eq!(call(&origin).await, Ok(1), "{act:?}");
            }
            assert_eq!(origin.runs(), 1, "held off");
            node.clock().advance(HELD_OFF);
            assert_eq!((call(&origin).await, origin.runs()), (Ok(1), 2));
            assert_eq!(stats().freshness.on_error, 0, "it is fresh");
            // Its end is where it was: the next call needs a load.
            node.clock().advance(TTL.saturating_sub(IN_THE_WINDOW + HELD_OFF));
            if act == Act::Fail {
                assert_eq!(call(&origin).await, Err(Failure));
            } else {
                assert!(ended(begin(&origin)).await.unwrap_err().is_panic());
            }
            price::cache().clear().await;
            detached::cache().clear().await;
        })
        .await;
    }
}

pub(crate) async fn what_is_invalidated_while_it_is_refreshed_stays_invalid(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(IN_THE_WINDOW);
        let origin = Origin::held_back();
        let refreshing = begin(&origin);
        until(|| origin.runs() == 1).await;
        price::invalidate(1).await;
        origin.probe.let_out(1);
        ended(refreshing).await.unwrap().unwrap();
        assert_eq!(price::peek(1).await, None);
    })
    .await;
}

pub(crate) async fn a_refresh_whose_caller_goes_away_is_left_to_the_next(place: Place) {
    with_a_value(&place, async |node| {
        node.clock().advance(IN_THE_WINDOW);
        let origin = Origin::held_back();
        let refreshing = begin(&origin);
        until(|| origin.runs() == 1).await;
        refreshing.abort();
        until(|| refreshing.is_finished()).await;
        origin.probe.open();
        // With Redis the lease is given back in the background.
        for _ in 0..200 {
            call(&origin).await.unwrap();
            if origin.runs() == 2 {
                break;
            }
            node.clock().advance(Duration::from_millis(20));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!((origin.runs(), call(&origin).await), (2, Ok(2)));
    })
    .await;
}

pub(crate) async fn settings_set_it_for_any_function(place: Place) {
    let node = place.node_of(
        CacheSettings::new().backend(place.backend).jitter(0.0).refresh(Refresh::After(50)),
    );
    let node = node.await;
    node.scope(async {
        node.clock().stop();
        let origin = Origin::new();
        assert_eq!(not_set(1, &origin).await, Ok(1));
        node.clock().advance((TTL / 2).saturating_sub(SECOND));
        assert_eq!(not_set(1, &origin).await, Ok(1));
        node.clock().advance(SECOND);
        assert_eq!(not_set(1, &origin).await, Ok(2));
    })
    .await;
}

pub(crate) async fn nodes_share_one_refresh(place: Place) {
    let nodes = [place.node().await, place.node().await, place.node().await];
    for node in &nodes {
        node.clock().stop();
    }
    for node in &nodes {
        node.scope(async { assert_eq!(detached(1, &Origin::new()).await, Ok(1)) }).await;
        node.clock().advance(IN_THE_WINDOW);
    }
    let origin = Origin::held_back();
    for node in &nodes {
        node.scope(async {
            // No node waits for the load of another.
            for _ in 0..10 {
                assert_eq!(detached(1, &origin).await, Ok(1));
            }
        })
        .await;
    }
    until(|| origin.runs() == 1).await;
    origin.probe.let_out(1);
    let refreshed = || {
        let of_all = |node: &Caches| node.get("refresh-detached").unwrap().stats();
        let refreshed = |stats: Stats| stats.freshness.refreshed_in_background;
        nodes.iter().map(of_all).map(refreshed).sum::<u64>()
    };
    until(|| refreshed() == 1).await;
    let second = Origin::held_back();
    for node in &nodes {
        node.scope(async {
            // Each finds the new value in Redis before it would load one.
            node.clock().advance(SECOND);
            assert_eq!(detached(1, &second).await, Ok(1));
        })
        .await;
    }
    assert_eq!((origin.runs(), second.runs(), refreshed()), (1, 0, 1));
}
