//! The rules of one node, which hold with memory alone, too.

use std::{sync::Arc, time::Duration};

use cachery::{Backend, Invalidation, config::CacheSettings};
use cachery_test_support::{Probe, ended, spawn, until};

use super::{
    functions::{Failure, fallible, number, number_for_ever, orders, perhaps, users},
    place::Place,
};

const HOUR: Duration = Duration::from_secs(3600);
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

pub(crate) async fn a_miss_is_followed_by_hits(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!(
            (number(1, &probe).await, number(1, &probe).await, number(1, &probe).await),
            (1, 1, 1)
        );
        assert_eq!(number(2, &probe).await, 2);
        let stats = number::cache().stats();
        assert_eq!((stats.hits, stats.misses, stats.loads, stats.puts), (2, 2, 2, 2));
    })
    .await;
}

pub(crate) async fn none_is_a_value_and_is_cached(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!((perhaps(1, &probe).await, perhaps(1, &probe).await), (None, None));
        assert_eq!(perhaps::peek(1).await, Some(None));
        assert_eq!(probe.runs(), 1);
    })
    .await;
}

pub(crate) async fn an_error_is_returned_and_not_cached(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!(fallible(1, &probe).await, Err(Failure));
        assert_eq!(fallible::peek(1).await, None);
        assert_eq!((fallible(1, &probe).await, fallible(1, &probe).await), (Ok(2), Ok(2)));
    })
    .await;
}

pub(crate) async fn an_error_of_a_refresh_leaves_what_is_stored(place: Place) {
    let node = place.node().await;
    node.scope(async {
        fallible::put(1, 1000).await;
        assert_eq!(fallible::refresh(1, &Probe::opened()).await, Err(Failure));
        assert_eq!(fallible::peek(1).await, Some(1000));
    })
    .await;
}

pub(crate) async fn a_peek_shows_what_is_stored_and_runs_nothing(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!(number::peek(1).await, None);
        number(1, &probe).await;
        assert_eq!(number::peek(1).await, Some(1));
        assert_eq!((number::cache().stats().hits, probe.runs()), (0, 1));
    })
    .await;
}

pub(crate) async fn what_was_put_is_read(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        number::put(1, 1000).await;
        number::put(1, 2000).await;
        assert_eq!((number(1, &probe).await, number::peek(1).await), (2000, Some(2000)));
        assert_eq!(probe.runs(), 0);
    })
    .await;
}

pub(crate) async fn a_refresh_replaces_what_is_stored(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!((number(1, &probe).await, number::refresh(1, &probe).await), (1, 2));
        assert_eq!(number(1, &probe).await, 2);
    })
    .await;
}

pub(crate) async fn what_was_invalidated_is_loaded_again(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!((number(1, &probe).await, number(2, &probe).await), (1, 2));
        let all = if place.backend == Backend::Memory {
            Invalidation::Local
        } else {
            Invalidation::Everywhere
        };
        assert_eq!(number::invalidate(1).await, all);
        assert_eq!(number::peek(1).await, None);
        assert_eq!(
            (number(1, &probe).await, number(1, &probe).await, number(2, &probe).await),
            (3, 3, 2)
        );
    })
    .await;
}

pub(crate) async fn a_cleared_cache_is_empty_and_other_caches_are_not(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!((number(1, &probe).await, number(2, &probe).await), (1, 2));
        perhaps(1, &probe).await;
        number::cache().clear().await;
        assert_eq!((number::peek(1).await, number::peek(2).await), (None, None));
        assert_eq!((number(2, &probe).await, number(2, &probe).await), (4, 4));
        assert_eq!(perhaps::peek(1).await, Some(None));
    })
    .await;
}

pub(crate) async fn a_value_ends_with_its_ttl_by_the_clock_of_its_node(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let probe = Probe::opened();
        number(1, &probe).await;
        node.clock().advance(HOUR.saturating_sub(Duration::from_secs(1)));
        assert_eq!(number(1, &probe).await, 1);
        node.clock().advance(Duration::from_secs(1));
        assert_eq!(number::peek(1).await, None);
        assert_eq!((number(1, &probe).await, number(1, &probe).await), (2, 2));
    })
    .await;
}

pub(crate) async fn a_value_for_ever_does_not_end(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let probe = Probe::opened();
        number_for_ever(1, &probe).await;
        node.clock().advance(CENTURY);
        assert_eq!(number_for_ever(1, &probe).await, 1);
    })
    .await;
}

pub(crate) async fn fifty_callers_of_a_cold_key_share_one_load(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let probe = Probe::closed();
        let call = |probe: Arc<Probe>| async move { number(1, &probe).await };
        let callers: Vec<_> = (0..50).map(|_| spawn(call(Arc::clone(&probe)))).collect();
        until(|| probe.runs() == 1 && number::cache().stats().misses == 50).await;
        probe.open();
        for caller in callers {
            assert_eq!(ended(caller).await.unwrap(), 1);
        }
        assert_eq!((probe.runs(), number::cache().stats().coalesced), (1, 49));
    })
    .await;
}

pub(crate) async fn a_disabled_cache_runs_its_function_each_time_and_stores_nothing(place: Place) {
    let node = place.node_of(CacheSettings::new().enabled(false)).await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!((number(1, &probe).await, number(1, &probe).await), (1, 2));
        number::put(1, 1000).await;
        assert_eq!(number::peek(1).await, None);
    })
    .await;
    assert!(place.values("contract-number").await.is_empty());
}

pub(crate) async fn functions_of_one_name_in_two_modules_have_values_of_their_own(place: Place) {
    let node = place.node().await;
    node.scope(async {
        for _ in 0..2 {
            assert_eq!(
                (orders::get(1).await, users::get(1).await),
                ("order 1".into(), "user 1".into())
            );
        }
        assert_eq!(orders::get::cache().stats().hits, 2);
    })
    .await;
}

pub(crate) async fn what_is_invalidated_while_it_loads_is_not_stored(place: Place) {
    fence(place.node().await).await;
}

pub(crate) async fn without_leases_neither(place: Place) {
    fence(place.node_of(CacheSettings::new().lease(false)).await).await;
}

async fn fence(node: cachery::Caches) {
    node.scope(async {
        let probe = Probe::closed();
        let call = |probe: Arc<Probe>| async move { number(1, &probe).await };
        let before = spawn(call(Arc::clone(&probe)));
        until(|| probe.runs() == 1).await;
        number::invalidate(1).await;
        probe.let_out(1);
        assert_eq!(ended(before).await.unwrap(), 1);
        assert_eq!(number::peek(1).await, None);
        probe.open();
        assert_eq!((number(1, &probe).await, number(1, &probe).await), (2, 2));
    })
    .await;
}
