//! The rules of errors that memory keeps (`err_ttl`), and that followers share (`share_err`).

use std::{sync::Arc, time::Duration};

use cachery::{Caches, cached, config::CacheSettings};
use cachery_test_support::{ended, spawn, until};

use super::{
    freshness::{Act, Origin},
    functions::Failure,
    place::Place,
};

const ERR_TTL: Duration = Duration::from_secs(5);
const SECOND: Duration = Duration::from_secs(1);

#[cached(name = "failures-kept", ttl = 3600, err_ttl = 5, skip(origin))]
async fn kept(_id: u64, origin: &Origin) -> Result<usize, Failure> {
    origin.run().await
}

/// Returns the value from before rather than an error.
#[cached(
    name = "failures-stale",
    ttl = 60,
    stale_if_error = "1h",
    retry_after = 1,
    err_ttl = 600,
    skip(origin)
)]
async fn stale(_id: u64, origin: &Origin) -> Result<usize, Failure> {
    origin.run().await
}

#[cached(name = "failures-by-thread", ttl = 3600, err_ttl = 5, skip(origin))]
fn by_thread(_id: u64, origin: &Origin) -> Result<Act, Failure> {
    match origin.next_act() {
        Act::Fail => Err(Failure),
        act => Ok(act),
    }
}

/// An error that cannot be cloned.
#[derive(Debug, PartialEq)]
struct Opaque(String);

#[cached(
    name = "failures-shared",
    ttl = 3600,
    share_err = |error| Opaque(format!("{} again", error.0)),
    skip(origin)
)]
async fn shared(_id: u64, origin: &Origin) -> Result<usize, Opaque> {
    origin.run().await.map_err(|Failure| Opaque("away".to_owned()))
}

#[cached(
    name = "failures-shared-and-kept",
    ttl = 3600,
    err_ttl = 5,
    share_err = again,
    detach,
    skip(origin)
)]
async fn shared_and_kept(_id: u64, origin: &Arc<Origin>) -> Result<usize, Opaque> {
    origin.run().await.map_err(|Failure| Opaque("away".to_owned()))
}

fn again(error: &Opaque) -> Opaque {
    Opaque(error.0.clone())
}

async fn with_a_kept_error<T>(
    place: &Place,
    test: impl AsyncFnOnce(Caches, Arc<Origin>) -> T,
) -> T {
    let node = place.node().await;
    let scoped = async {
        node.clock().stop();
        let origin = Origin::new();
        origin.will([Act::Fail]);
        assert_eq!(kept(1, &origin).await, Err(Failure));
        test(node.clone(), origin).await
    };
    node.scope(scoped).await
}

pub(crate) async fn an_error_is_kept_for_its_own_time(place: Place) {
    with_a_kept_error(&place, async |node, origin| {
        node.clock().advance(ERR_TTL.saturating_sub(SECOND));
        assert_eq!((kept(1, &origin).await, origin.runs()), (Err(Failure), 1));
        assert_eq!(kept::peek(1).await, None, "an error is not a value");
        let stats = kept::cache().stats();
        assert_eq!((stats.hits, stats.misses, stats.loads), (1, 1, 1));
        assert_eq!(kept(2, &origin).await, Ok(2), "another key is another call");
        node.clock().advance(SECOND);
        assert_eq!((kept(1, &origin).await, kept(1, &origin).await), (Ok(3), Ok(3)));
    })
    .await;
}

pub(crate) async fn a_kept_error_ends_when_the_key_is_invalidated_or_has_a_value(place: Place) {
    with_a_kept_error(&place, async |_, origin| {
        origin.will([Act::Fail]);
        kept::invalidate(1).await;
        assert_eq!((kept(1, &origin).await, origin.runs()), (Err(Failure), 2));
        kept::cache().clear().await;
        origin.will([Act::Fail]);
        assert_eq!((kept(1, &origin).await, origin.runs()), (Err(Failure), 3));
        kept::put(1, 9).await;
        assert_eq!((kept(1, &origin).await, origin.runs()), (Ok(9), 3));
        origin.will([Act::Fail]);
        assert_eq!(kept::refresh(1, &origin).await, Err(Failure));
        assert_eq!(kept(1, &origin).await, Ok(9), "a refresh that fails leaves the value");
    })
    .await;
}

pub(crate) async fn an_error_of_a_load_that_was_invalidated_is_not_kept(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let origin = Origin::held_back();
        origin.will([Act::Fail]);
        let caller = spawn({
            let origin = Arc::clone(&origin);
            async move { kept(1, &origin).await }
        });
        until(|| origin.runs() == 1).await;
        kept::invalidate(1).await;
        origin.probe.open();
        assert_eq!(ended(caller).await.unwrap(), Err(Failure));
        assert_eq!(kept(1, &origin).await, Ok(2));
    })
    .await;
}

pub(crate) async fn a_value_that_is_usable_on_error_is_better_than_a_kept_error(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let origin = Origin::new();
        assert_eq!(stale(1, &origin).await, Ok(1));
        node.clock().advance(Duration::from_secs(60));
        origin.will([Act::Fail]);
        assert_eq!(stale(1, &origin).await, Ok(1), "the value from before");
        node.clock().advance(ERR_TTL);
        assert_eq!(stale(1, &origin).await, Ok(3), "nothing keeps the next load away");
    })
    .await;
}

pub(crate) async fn a_setting_can_keep_errors_longer_or_not_at_all(place: Place) {
    let node_with = |time| {
        let settings = CacheSettings::new().err_ttl(time);
        place.node_with(move |builder| builder.cache("failures-kept", settings))
    };
    let node = node_with(Duration::ZERO).await;
    node.scope(async {
        let origin = Origin::new();
        origin.will([Act::Fail]);
        assert_eq!((kept(1, &origin).await, kept(1, &origin).await), (Err(Failure), Ok(2)));
    })
    .await;
    let node = node_with(2 * ERR_TTL).await;
    node.clock().stop();
    node.scope(async {
        let origin = Origin::new();
        origin.will([Act::Fail]);
        assert_eq!(kept(2, &origin).await, Err(Failure));
        node.clock().advance(ERR_TTL);
        assert_eq!((kept(2, &origin).await, origin.runs()), (Err(Failure), 1));
    })
    .await;
}

pub(crate) async fn an_error_is_kept_for_threads_too(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let origin = Origin::new();
        origin.will([Act::Fail]);
        assert_eq!((by_thread(1, &origin), by_thread(1, &origin)), (Err(Failure), Err(Failure)));
        node.clock().advance(ERR_TTL);
        assert_eq!(by_thread(1, &origin), Ok(Act::Return));
    })
    .await;
}

pub(crate) async fn two_hundred_waiters_share_an_error_that_cannot_be_cloned(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let origin = Origin::held_back();
        origin.will([Act::Fail]);
        let call = |origin: Arc<Origin>| async move { shared(1, &origin).await };
        let callers: Vec<_> = (0..200).map(|_| spawn(call(Arc::clone(&origin)))).collect();
        until(|| shared::cache().stats().misses == 200).await;
        origin.probe.open();
        let mut own = 0;
        for caller in callers {
            let Opaque(text) = ended(caller).await.unwrap().unwrap_err();
            own += usize::from(text == "away");
            assert!(text == "away" || text == "away again again", "{text}");
        }
        assert_eq!((origin.runs(), own), (1, 1), "one run, and the leader has its own error");
        assert_eq!(shared(1, &origin).await, Ok(2), "it is not kept");
    })
    .await;
}

pub(crate) async fn an_error_that_is_made_for_others_is_kept_as_well(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let origin = Origin::new();
        origin.will([Act::Fail]);
        for _ in 0..3 {
            assert_eq!(shared_and_kept(1, &origin).await, Err(Opaque("away".to_owned())));
        }
        assert_eq!(origin.runs(), 1);
        node.clock().advance(ERR_TTL);
        assert_eq!(shared_and_kept(1, &origin).await, Ok(2));
    })
    .await;
}

pub(crate) async fn a_value_of_another_node_is_better_than_a_kept_error(place: Place) {
    let [a, b] = [place.node().await, place.node().await];
    let origin = Origin::new();
    origin.will([Act::Fail]);
    assert_eq!(a.scope(kept(1, &origin)).await, Err(Failure));
    assert_eq!(b.scope(kept(1, &origin)).await, Ok(2), "memory alone keeps errors");
    assert_eq!(a.scope(kept(1, &origin)).await, Ok(2));
}
