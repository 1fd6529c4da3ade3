//! The rules about loads that take too long.

use std::{sync::Arc, time::Duration};

use cachery::{Caches, Timeout, cached, caches, config::CacheSettings, stats::Stats};
use cachery_test_support::{ended, spawn, until};
use tokio::task::JoinHandle;

use super::{
    freshness::{Act, Origin},
    functions::Failure,
    place::Place,
};

const TTL: Duration = Duration::from_secs(60);
const LOAD_TIMEOUT: Duration = Duration::from_secs(5);
const SOFT_TIMEOUT: Duration = Duration::from_secs(1);
const HELD_OFF: Duration = Duration::from_secs(12);

#[derive(Clone, Debug, PartialEq)]
enum Error {
    Slow(Timeout),
    Failed,
}

impl From<Timeout> for Error {
    fn from(timeout: Timeout) -> Self {
        Self::Slow(timeout)
    }
}

impl From<Failure> for Error {
    fn from(_: Failure) -> Self {
        Self::Failed
    }
}

#[cached(
    name = "timeouts-price",
    ttl = 60,
    stale_if_error = "5m",
    load_timeout = "5s",
    skip(origin)
)]
async fn price(_id: u64, origin: &Arc<Origin>) -> Result<usize, Error> {
    Ok(origin.run().await?)
}

#[cached(
    name = "timeouts-detached",
    ttl = 60,
    stale_if_error = "5m",
    load_timeout = "5s",
    soft_timeout = "1s",
    detach,
    skip(origin)
)]
async fn detached(_id: u64, origin: &Arc<Origin>) -> Result<usize, Error> {
    Ok(origin.run().await?)
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

#[cached(name = "timeouts-any-error", ttl = 60, load_timeout = "5s", skip(origin))]
async fn with_any_error(_id: u64, origin: &Arc<Origin>) -> Result<usize, AnyError> {
    origin.run().await.map_err(|_| "failed".into())
}

caches! {
    static DECLARED: Cache<u64, usize> = {
        name: "timeouts-declared",
        ttl: 60,
        stale_if_error: "5m",
        load_timeout: "5s",
    };
}

#[cached(cache = DECLARED, skip(origin))]
async fn declared(id: u64, origin: &Arc<Origin>) -> Result<usize, Failure> {
    origin.run().await
}

#[cached(name = "timeouts-off", ttl = 60, load_timeout = "off", skip(origin))]
async fn off(_id: u64, origin: &Arc<Origin>) -> Result<usize, String> {
    origin.run().await.map_err(|_| "failed".to_owned())
}

fn begin(origin: &Arc<Origin>) -> JoinHandle<Result<usize, Error>> {
    let origin = Arc::clone(origin);
    spawn(async move { price(1, &origin).await })
}

fn begin_detached(origin: &Arc<Origin>) -> JoinHandle<Result<usize, Error>> {
    let origin = Arc::clone(origin);
    spawn(async move { detached(1, &origin).await })
}

fn stats() -> Stats {
    price::cache().stats()
}

fn detached_stats() -> Stats {
    detached::cache().stats()
}

/// Asserts that the error is a timeout of the cache `name`.
#[track_caller]
fn assert_slow(result: &Result<usize, Error>, name: &str) {
    let Err(Error::Slow(timeout)) = result else { panic!("{result:?}") };
    assert_eq!((timeout.cache(), timeout.after()), (name, LOAD_TIMEOUT));
}

pub(crate) async fn a_load_that_takes_too_long_is_ended_and_its_key_is_free(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        let origin = Origin::held_back();
        let callers = [begin(&origin), begin(&origin), begin(&origin)];
        until(|| origin.runs() == 1 && stats().misses == 3).await;
        node.clock().advance(LOAD_TIMEOUT.saturating_sub(Duration::from_millis(1)));
        tokio::task::yield_now().await;
        assert_eq!(origin.probe.running(), 1);
        node.clock().advance(Duration::from_millis(1));
        for caller in callers {
            assert_slow(&ended(caller).await.unwrap(), "timeouts-price");
        }
        until(|| origin.probe.running() == 0).await;
        assert_eq!((origin.runs(), stats().load_errors), (1, 1), "one load for all");
        let origin = Origin::new();
        assert_eq!(price(1, &origin).await, Ok(1), "the next call loads");
    })
    .await;
}

pub(crate) async fn a_usable_value_serves_in_place_of_a_load_that_takes_too_long(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        assert_eq!(price(1, &Origin::new()).await, Ok(1));
        node.clock().advance(TTL);
        let origin = Origin::held_back();
        let callers = [begin(&origin), begin(&origin)];
        until(|| origin.runs() == 1 && stats().misses == 3).await;
        node.clock().advance(LOAD_TIMEOUT);
        for caller in callers {
            assert_eq!(ended(caller).await.unwrap(), Ok(1));
        }
        until(|| origin.probe.running() == 0).await;
        assert_eq!(price(1, &origin).await, Ok(1));
        assert_eq!((origin.runs(), stats().freshness.on_error), (1, 3), "held off");
        node.clock().advance(HELD_OFF);
        origin.probe.open();
        assert_eq!(price(1, &origin).await, Ok(2));
    })
    .await;
}

pub(crate) async fn what_is_invalidated_does_not_serve_in_its_place(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        assert_eq!(price(1, &Origin::new()).await, Ok(1));
        node.clock().advance(TTL);
        let origin = Origin::held_back();
        let caller = begin(&origin);
        until(|| origin.runs() == 1).await;
        price::invalidate(1).await;
        node.clock().advance(LOAD_TIMEOUT);
        assert_slow(&ended(caller).await.unwrap(), "timeouts-price");
    })
    .await;
}

pub(crate) async fn a_load_in_a_task_is_ended_too(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        let origin = Origin::held_back();
        let callers = [begin_detached(&origin), begin_detached(&origin)];
        until(|| origin.runs() == 1 && detached_stats().misses == 2).await;
        callers[0].abort();
        node.clock().advance(LOAD_TIMEOUT);
        let [_, caller] = callers;
        assert_slow(&ended(caller).await.unwrap(), "timeouts-detached");
        until(|| origin.probe.running() == 0).await;
        assert_eq!(detached(1, &Origin::new()).await, Ok(1));
    })
    .await;
}

pub(crate) async fn after_the_soft_timeout_the_usable_value_serves_and_the_load_goes_on(
    place: Place,
) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        assert_eq!(detached(1, &Origin::new()).await, Ok(1));
        node.clock().advance(TTL);
        let origin = Origin::held_back();
        origin.will([Act::Return]);
        let callers = [begin_detached(&origin), begin_detached(&origin), begin_detached(&origin)];
        until(|| origin.runs() == 1 && detached_stats().misses == 4).await;
        assert!(callers.iter().all(|caller| !caller.is_finished()));
        node.clock().advance(SOFT_TIMEOUT);
        for caller in callers {
            assert_eq!(ended(caller).await.unwrap(), Ok(1));
        }
        assert_eq!((origin.probe.running(), detached_stats().freshness.on_timeout), (1, 3));
        // A later call waits for the same load, and no longer than it may.
        let later = begin_detached(&origin);
        until(|| detached_stats().misses == 5).await;
        node.clock().advance(SOFT_TIMEOUT);
        assert_eq!(ended(later).await.unwrap(), Ok(1));
        assert_eq!(origin.runs(), 1);
        origin.probe.let_out(1);
        until(|| detached_stats().puts == 2).await;
        node.clock().advance(TTL.saturating_sub(SOFT_TIMEOUT));
        assert_eq!((detached(1, &origin).await, origin.runs()), (Ok(1), 1));
        assert_eq!(detached_stats().freshness.on_error, 0);
    })
    .await;
}

pub(crate) async fn what_is_invalidated_does_not_serve_after_the_soft_timeout(place: Place) {
    for clears in [false, true] {
        let node = place.node().await;
        node.scope(async {
            node.clock().stop();
            assert_eq!(detached(1, &Origin::new()).await, Ok(1));
            node.clock().advance(TTL);
            let origin = Origin::held_back();
            let callers = [begin_detached(&origin), begin_detached(&origin)];
            until(|| origin.runs() == 1 && detached_stats().misses == 3).await;
            if clears {
                detached::cache().clear().await;
            } else {
                detached::invalidate(1).await;
            }
            node.clock().advance(SOFT_TIMEOUT);
            tokio::task::yield_now().await;
            origin.will([Act::Fail, Act::Fail]);
            origin.probe.open();
            for caller in callers {
                assert_eq!(ended(caller).await.unwrap(), Err(Error::Failed), "clears: {clears}");
            }
            assert_eq!(detached_stats().freshness.on_timeout, 0);
            detached::cache().clear().await;
        })
        .await;
    }
}

pub(crate) async fn a_load_of_a_declared_cache_is_ended_where_a_value_is_usable(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        let begin = |origin: &Arc<Origin>| {
            let origin = Arc::clone(origin);
            spawn(async move { declared(1, &origin).await })
        };
        let origin = Origin::held_back();
        let cold = begin(&origin);
        until(|| origin.runs() == 1).await;
        node.clock().advance(LOAD_TIMEOUT + LOAD_TIMEOUT);
        tokio::task::yield_now().await;
        assert_eq!(origin.probe.running(), 1, "its error cannot say why");
        origin.probe.let_out(1);
        assert_eq!(ended(cold).await.unwrap(), Ok(1));
        node.clock().advance(TTL);
        let usable = begin(&origin);
        until(|| origin.runs() == 2).await;
        node.clock().advance(LOAD_TIMEOUT);
        assert_eq!(ended(usable).await.unwrap(), Ok(1));
        until(|| origin.probe.running() == 0).await;
    })
    .await;
}

pub(crate) async fn an_error_of_any_kind_says_that_the_load_took_too_long(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        let origin = Origin::held_back();
        let caller = spawn({
            let origin = Arc::clone(&origin);
            async move { with_any_error(1, &origin).await }
        });
        until(|| origin.runs() == 1).await;
        node.clock().advance(LOAD_TIMEOUT);
        let error = ended(caller).await.unwrap().unwrap_err();
        assert_eq!(error.downcast_ref::<Timeout>().unwrap().after(), LOAD_TIMEOUT);
    })
    .await;
}

pub(crate) async fn a_load_of_another_node_is_waited_for_until_the_soft_timeout(place: Place) {
    let nodes = [place.node().await, place.node().await];
    for node in &nodes {
        node.clock().stop();
        assert_eq!(node.scope(async { detached(1, &Origin::new()).await }).await, Ok(1));
        node.clock().advance(TTL);
    }
    let origin = Origin::held_back();
    let begin = |node: &Caches| {
        let origin = Arc::clone(&origin);
        tokio::spawn(node.scope(async move { detached(1, &origin).await }))
    };
    let [here, there] = &nodes;
    let loading = begin(here);
    until(|| origin.runs() == 1).await;
    let waiting = begin(there);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished(), "it waits");
    there.clock().advance(SOFT_TIMEOUT);
    assert_eq!(ended(waiting).await.unwrap(), Ok(1));
    assert_eq!(there.sync_scope(|| detached_stats().freshness.on_timeout), 1);
    assert_eq!((origin.runs(), origin.probe.running()), (1, 1));
    origin.probe.let_out(1);
    assert_eq!(ended(loading).await.unwrap(), Ok(1));
}

pub(crate) async fn a_setting_ends_the_loads_of_a_function_that_says_it_can(place: Place) {
    let settings = CacheSettings::new().load_timeout(LOAD_TIMEOUT);
    let node = place.node_with(|builder| builder.cache("timeouts-off", settings)).await;
    node.scope(async {
        node.clock().stop();
        let origin = Origin::held_back();
        let caller = spawn({
            let origin = Arc::clone(&origin);
            async move { off(1, &origin).await }
        });
        until(|| origin.runs() == 1).await;
        node.clock().advance(LOAD_TIMEOUT);
        let error = ended(caller).await.unwrap().unwrap_err();
        assert_eq!(error, "the load of a value of the cache `timeouts-off` took longer than 5s");
    })
    .await;
}
