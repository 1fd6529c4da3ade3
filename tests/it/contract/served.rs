//! The rules of `served`: where a value came from, and how old it is.

use std::{sync::Arc, time::Duration};

use cachery::{Backend, Served, Tier, cached, caches};
use cachery_test_support::{ended, spawn, until};

use super::{
    freshness::{Act, Origin},
    functions::Failure,
    place::Place,
};

const SECOND: Duration = Duration::from_secs(1);

#[cached(
    name = "served-price",
    ttl = 60,
    stale = 30,
    stale_if_error = "5m",
    retry_after = 10,
    skip(origin)
)]
async fn price(_id: u64, origin: &Origin) -> Result<usize, Failure> {
    origin.run().await
}

#[cached(name = "served-detached", ttl = 60, stale = 30, detach, skip(origin))]
async fn detached(_id: u64, origin: &Arc<Origin>) -> Result<usize, Failure> {
    origin.run().await
}

#[cached(name = "served-by-thread", ttl = 60)]
fn by_thread(id: u64) -> u64 {
    id
}

struct Shop;

impl Shop {
    #[cached(name = "served-of-shop", ttl = 60, skip(self))]
    async fn order(&self, id: u64) -> Option<u64> {
        Some(id)
    }
}

caches! {
    static NAMES: Cache<u64, String> = { name: "served-names", ttl: 60 };
}

/// The parts of what was served: value, tier, age in seconds, whether stale, whether coalesced.
type Parts<V> = (V, Tier, u64, bool, bool);

fn parts<V>(served: Served<V>) -> Parts<V> {
    let Served { value, tier, age, stale, coalesced, .. } = served;
    (value, tier, age.as_secs(), stale, coalesced)
}

/// Returns the tier that serves the second call.
fn nearest(place: &Place) -> Tier {
    if place.backend == Backend::Redis { Tier::Remote } else { Tier::Memory }
}

async fn call(origin: &Origin) -> Result<Parts<usize>, Failure> {
    price::served(1, origin).await.map(parts)
}

pub(crate) async fn a_call_tells_the_tier_and_the_age_of_its_value(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let origin = Origin::new();
        let near = nearest(&place);
        assert_eq!(call(&origin).await, Ok((1, Tier::Load, 0, false, false)));
        node.clock().advance(7 * SECOND);
        assert_eq!(call(&origin).await, Ok((1, near, 7, false, false)));
        assert_eq!(price::cache().stats().hits, 1, "it counts as a call does");
        node.clock().advance(53 * SECOND);
        origin.will([Act::Fail]);
        assert_eq!(call(&origin).await, Ok((1, near, 60, true, false)), "its load has failed");
        assert_eq!(call(&origin).await, Ok((1, near, 60, true, false)), "held off");
        node.clock().advance(100 * SECOND);
        assert_eq!(call(&origin).await, Ok((3, Tier::Load, 0, false, false)));
        price::invalidate(1).await;
        origin.will([Act::Fail]);
        assert_eq!(call(&origin).await, Err(Failure));
    })
    .await;
}

pub(crate) async fn a_value_that_was_put_has_the_age_of_the_put(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        NAMES.put(&1, "Ada".to_owned()).await;
        node.clock().advance(3 * SECOND);
        let served = NAMES.served(&1).await.map(parts);
        assert_eq!(served, Some(("Ada".to_owned(), nearest(&place), 3, false, false)));
        assert_eq!(NAMES.served(&2).await, None);
        let stats = NAMES.stats();
        assert_eq!((stats.hits, stats.misses), (1, 1));
    })
    .await;
}

pub(crate) async fn a_call_that_waits_for_another_is_coalesced(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let origin = Origin::held_back();
        let begin = |origin: Arc<Origin>| {
            spawn(async move { price::served(1, &origin).await.map(|served| served.coalesced) })
        };
        let callers: Vec<_> = (0..10).map(|_| begin(Arc::clone(&origin))).collect();
        until(|| price::cache().stats().misses == 10).await;
        origin.probe.open();
        let mut waited = 0;
        for caller in callers {
            waited += usize::from(ended(caller).await.unwrap().unwrap());
        }
        assert_eq!((waited, origin.runs()), (9, 1));
    })
    .await;
}

pub(crate) async fn functions_of_every_kind_have_it(place: Place) {
    let node = place.node().await;
    node.clock().stop();
    node.scope(async {
        let near = nearest(&place);
        assert_eq!(parts(by_thread::served(2)), (2, Tier::Load, 0, false, false));
        assert_eq!(parts(by_thread::served(2)), (2, near, 0, false, false));
        assert_eq!(parts(Shop.order_served(3).await), (Some(3), Tier::Load, 0, false, false));
        assert_eq!(parts(Shop.order_served(3).await), (Some(3), near, 0, false, false));
        let origin = Origin::new();
        let call = || async { detached::served(1, &origin).await.map(parts) };
        assert_eq!(call().await, Ok((1, Tier::Load, 0, false, false)));
        node.clock().advance(60 * SECOND);
        assert_eq!(call().await, Ok((1, near, 60, true, false)), "a task renews it");
        until(|| detached::cache().stats().puts == 2).await;
        assert_eq!(call().await, Ok((2, near, 0, false, false)));
        node.scope(async { detached::cache().set_enabled(false) }).await;
        assert_eq!(call().await, Ok((3, Tier::Load, 0, false, false)), "it is off");
    })
    .await;
}

pub(crate) async fn another_node_tells_the_age_since_the_write(place: Place) {
    let [a, b] = [place.node().await, place.node().await];
    for node in [&a, &b] {
        node.clock().stop();
    }
    let origin = Origin::new();
    assert_eq!(a.scope(call(&origin)).await, Ok((1, Tier::Load, 0, false, false)));
    b.clock().advance(5 * SECOND);
    let served = b.scope(price::served(1, &origin)).await.unwrap();
    assert_eq!((served.value, served.tier, served.stale), (1, Tier::Remote, false));
    assert!((5..=10).contains(&served.age.as_secs()), "{served:?}");
}
