//! The rules about values that have expired before their time.

use std::{sync::Arc, time::Duration};

use cachery::{
    Backend, Caches, Invalidation, Invalidations, Target, Tier, cached, caches,
    config::CacheSettings, expire, key::KeyEncoder,
};
use cachery_test_support::{ended, eventually, spawn, until};
use tokio::task::JoinHandle;

use super::{
    freshness::{Act, Origin},
    functions::Failure,
    place::Place,
};

const TTL: Duration = Duration::from_secs(60);
const NEARLY_THE_TTL: Duration = Duration::from_secs(59);
const RETRY_AFTER: Duration = Duration::from_secs(12);
/// Longer than a push takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(20);
const SOFT_TIMEOUT: Duration = Duration::from_secs(1);
/// No load has this value.
const OLD: usize = 1_000;

caches! {
    static OWNER: Tag<u64> = { name: "expire-owner" };
    static MARKS: Cache<u64, ()> = { name: "expire-marks", ttl: "1h" };
}

#[cached(name = "expire-price", ttl = 60, skip(origin), tags(OWNER(id)))]
async fn price(id: u64, origin: &Arc<Origin>) -> Result<usize, Failure> {
    origin.run().await
}

#[cached(name = "expire-detached", ttl = 60, soft_timeout = 1, detach, skip(origin))]
async fn detached(_id: u64, origin: &Arc<Origin>) -> Result<usize, Failure> {
    origin.run().await
}

#[expire(price(id, _))]
async fn change(id: u64) -> Result<(), Failure> {
    if id == 0 { Err(Failure) } else { Ok(()) }
}

#[expire(all(price))]
async fn change_all() {}

#[expire(OWNER(id), before)]
fn change_owner(id: u64) {}

/// The ways in which a value is made to expire.
const WAYS: [Way; 8] = [
    Way::Companion,
    Way::Attribute,
    Way::Target,
    Way::Cache,
    Way::AttributeOfAll,
    Way::Tag,
    Way::TagByName,
    Way::AttributeOfTag,
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Companion,
    Attribute,
    Target,
    Cache,
    AttributeOfAll,
    Tag,
    TagByName,
    AttributeOfTag,
}

impl Way {
    async fn expire(self) {
        self.expire_key(1).await;
    }

    async fn expire_key(self, id: u64) {
        match self {
            Self::Companion => _ = price::expire(id).await,
            Self::Attribute => change(id).await.unwrap(),
            Self::Target => {
                let targets = [price::target(id), price::target(1000)].map(Target::expiring);
                Invalidations::from_iter(targets).apply().await;
            }
            Self::Cache => _ = price::cache().expire_all().await,
            Self::AttributeOfAll => change_all().await,
            Self::Tag => _ = OWNER.expire(&id).await,
            Self::TagByName => {
                let tag = Caches::current().tag("expire-owner").unwrap();
                tag.expire(&KeyEncoder::new().arg(&id).finish()).await;
            }
            Self::AttributeOfTag => change_owner(id),
        }
    }
}

fn begin(origin: &Arc<Origin>) -> JoinHandle<Result<usize, Failure>> {
    let origin = Arc::clone(origin);
    spawn(async move { price(1, &origin).await })
}

/// Runs `test` on a node of `place` for each way, once a value is stored.
async fn with_a_value<T>(place: &Place, test: impl AsyncFn(Caches, Way) -> T) {
    let node = place.node().await;
    node.clock().stop();
    for way in WAYS {
        let scoped = async {
            price::cache().clear().await;
            assert_eq!(price(1, &Origin::new()).await, Ok(1), "{way:?}");
            test(node.clone(), way).await
        };
        node.scope(scoped).await;
    }
}

fn misses() -> u64 {
    price::cache().stats().misses
}

pub(crate) async fn what_has_expired_is_loaded_by_the_next_call(place: Place) {
    with_a_value(&place, async |node, way| {
        way.expire().await;
        assert_eq!(price::peek(1).await, None, "{way:?}");
        let origin = Origin::held_back();
        let before = misses();
        let callers = [begin(&origin), begin(&origin)];
        until(|| origin.runs() == 1 && misses() == before + 2).await;
        origin.probe.open();
        for caller in callers {
            assert_eq!(ended(caller).await.unwrap(), Ok(1));
        }
        node.clock().advance(NEARLY_THE_TTL);
        let found = price(1, &origin).await;
        assert_eq!((found, origin.runs()), (Ok(1), 1), "{way:?}: its life begins");
    })
    .await;
}

pub(crate) async fn it_serves_while_its_load_fails_until_the_end_that_it_had(place: Place) {
    with_a_value(&place, async |node, way| {
        way.expire().await;
        let origin = Origin::new();
        let on_error = || price::cache().stats().freshness.on_error;
        let before = on_error();
        origin.will([Act::Fail, Act::Panic, Act::Fail, Act::Fail, Act::Fail]);
        for _ in 0..3 {
            assert_eq!(price(1, &origin).await, Ok(1), "{way:?}");
        }
        assert_eq!(origin.runs(), 1, "{way:?}: held off");
        assert_eq!(on_error(), before + 3, "{way:?}");
        node.clock().advance(RETRY_AFTER);
        assert_eq!((price(1, &origin).await, origin.runs()), (Ok(1), 2), "{way:?}");
        node.clock().advance(TTL.saturating_sub(RETRY_AFTER));
        assert_eq!(price(1, &origin).await, Err(Failure), "{way:?}: its ttl is over");
    })
    .await;
}

pub(crate) async fn it_holds_nobody_off_that_a_load_has_failed_before(place: Place) {
    with_a_value(&place, async |_, way| {
        if matches!(way, Way::Tag | Way::TagByName | Way::AttributeOfTag) {
            // A tag does not know whose loads have failed.
            return;
        }
        let origin = Origin::new();
        origin.will([Act::Fail, Act::Fail]);
        way.expire().await;
        assert_eq!((price(1, &origin).await, origin.runs()), (Ok(1), 1), "{way:?}");
        way.expire().await;
        assert_eq!((price(1, &origin).await, origin.runs()), (Ok(1), 2), "{way:?}");
    })
    .await;
}

pub(crate) async fn a_load_from_before_it_expired_makes_no_fresh_value(place: Place) {
    with_a_value(&place, async |node, way| {
        node.clock().advance(TTL);
        let old = Origin::held_back();
        let caller = begin(&old);
        until(|| old.runs() == 1).await;
        way.expire().await;
        let origin = Origin::new();
        origin.probe.run().await;
        let (late, own) = (begin(&origin), price(1, &origin).await);
        assert_eq!(own, Ok(2), "{way:?}: nobody who comes later waits for it");
        assert_eq!(ended(late).await.unwrap(), Ok(2), "{way:?}");
        way.expire().await;
        old.probe.let_out(1);
        assert_eq!(ended(caller).await.unwrap(), Ok(1));
        assert_eq!(price::peek(1).await, None, "{way:?}");
        assert_eq!(price(1, &origin).await, Ok(3), "{way:?}: it is loaded again");
    })
    .await;
}

pub(crate) async fn an_invalidation_wins_over_it(place: Place) {
    with_a_value(&place, async |_, way| {
        let origin = Origin::new();
        let invalidate = async || match way {
            Way::Tag | Way::TagByName => OWNER.invalidate(&1).await,
            Way::Cache => price::cache().clear().await,
            _ => price::invalidate(1).await,
        };
        for comes_first in [false, true] {
            if !comes_first {
                way.expire().await;
            }
            invalidate().await;
            if comes_first {
                way.expire().await;
            }
            origin.will([Act::Fail]);
            assert_eq!(price(1, &origin).await, Err(Failure), "{way:?} {comes_first}");
            price(1, &origin).await.unwrap();
        }
    })
    .await;
}

pub(crate) async fn what_is_invalidated_while_its_load_runs_is_not_served(place: Place) {
    with_a_value(&place, async |_, way| {
        way.expire().await;
        let origin = Origin::held_back();
        origin.will([Act::Fail]);
        let caller = begin(&origin);
        until(|| origin.runs() == 1).await;
        price::invalidate(1).await;
        way.expire().await;
        origin.probe.let_out(1);
        assert_eq!(ended(caller).await.unwrap(), Err(Failure), "{way:?}");
    })
    .await;
}

pub(crate) async fn what_expires_while_its_load_runs_is_served(place: Place) {
    with_a_value(&place, async |_, way| {
        way.expire().await;
        let origin = Origin::held_back();
        origin.will([Act::Fail]);
        let caller = begin(&origin);
        until(|| origin.runs() == 1).await;
        way.expire().await;
        origin.probe.let_out(1);
        assert_eq!(ended(caller).await.unwrap(), Ok(1), "{way:?}");
    })
    .await;
}

pub(crate) async fn a_value_that_is_put_is_fresh_again(place: Place) {
    with_a_value(&place, async |_, way| {
        way.expire().await;
        price::put(1, 7).await;
        assert_eq!(price(1, &Origin::new()).await, Ok(7), "{way:?}");
        way.expire().await;
        let origin = Origin::new();
        assert_eq!(price::refresh(1, &origin).await, Ok(1), "{way:?}");
        assert_eq!((price(1, &origin).await, origin.runs()), (Ok(1), 1), "{way:?}");
    })
    .await;
}

pub(crate) async fn it_serves_when_its_load_outlasts_the_soft_timeout(place: Place) {
    let node = place.node().await;
    node.scope(async {
        node.clock().stop();
        detached(1, &Origin::new()).await.unwrap();
        detached::expire(1).await;
        let origin = Origin::held_back();
        let caller = spawn({
            let origin = Arc::clone(&origin);
            async move { detached::served(1, &origin).await }
        });
        until(|| origin.runs() == 1).await;
        node.clock().advance(SOFT_TIMEOUT);
        let served = ended(caller).await.unwrap().unwrap();
        assert_eq!((served.value, served.coalesced), (1, false));
        assert_ne!(served.tier, Tier::Load, "its load goes on");
        assert_eq!(detached::cache().stats().freshness.on_timeout, 1);
        origin.probe.open();
        until(|| detached::cache().stats().puts == 2).await;
    })
    .await;
}

pub(crate) async fn an_expiry_reaches_as_far_as_an_invalidation(place: Place) {
    let node = place.node().await;
    node.scope(async {
        let reach = price::invalidate(1).await;
        assert_ne!(reach, Invalidation::Queued);
        assert_eq!(price::expire(1).await, reach);
        assert_eq!(price::cache().expire_all().await, reach);
        assert_eq!(OWNER.expire(&1).await, reach);
        price(1, &Origin::new()).await.unwrap();
        assert_eq!(change(0).await, Err(Failure));
        assert_eq!(price::peek(1).await, Some(1), "only success lets it expire");
    })
    .await;
}

pub(crate) async fn it_expires_on_every_node(place: Place) {
    let tiered = || CacheSettings::new().backend(Backend::Tiered);
    let node = || place.node_with(|builder| builder.cache("expire-marks", tiered()));
    let nodes = [node().await, node().await];
    let [here, there] = &nodes;
    for node in &nodes {
        node.clock().stop();
    }
    // Each way has a key of its own: a push about another one may come late.
    for (id, way) in (1..).zip(WAYS) {
        for node in &nodes {
            assert_eq!(node.scope(price(id, &Origin::new())).await, Ok(1), "{way:?}");
        }
        here.scope(way.expire_key(id)).await;
        let expired = async || there.scope(price::peek(id)).await.is_none().then_some(());
        if place.backend == Backend::Tiered {
            eventually("the push came", PATIENCE, expired).await;
        } else {
            hears(there, here, id).await;
        }
        expired().await.expect("it has expired");
        let origin = Origin::new();
        there
            .scope(async {
                origin.will([Act::Fail]);
                assert_eq!(price(id, &origin).await, Ok(1), "{way:?}: it serves in its place");
                assert_eq!((price(id, &origin).await, origin.runs()), (Ok(1), 1), "{way:?}");
                for node in &nodes {
                    node.clock().advance(RETRY_AFTER);
                }
                assert_eq!(price(id, &origin).await, Ok(2), "{way:?}");
            })
            .await;
        // The first node reads the new value, and does not load.
        here.scope(async {
            let origin = Origin::new();
            assert_eq!((price(id, &origin).await, origin.runs()), (Ok(2), 0), "{way:?}");
        })
        .await;
    }
}

/// Waits until a node has heard of all that the `other` has ended before, with one server: its pushes
/// come in order.
async fn hears(node: &Caches, other: &Caches, id: u64) {
    node.scope(MARKS.put(&id, ())).await;
    other.scope(MARKS.invalidate(&id)).await;
    let heard = async || (!node.scope(MARKS.contains(&id)).await).then_some(());
    eventually("the push came", PATIENCE, heard).await;
}

/// Has the key expire while its value is refreshed. Returns what the refresh returns, and a call after
/// it whose load fails.
async fn expired_while_refreshed(
    way: Way,
    acts: impl IntoIterator<Item = Act>,
) -> [Result<usize, Failure>; 2] {
    price::put(1, OLD).await;
    let origin = Origin::held_back();
    origin.will(acts);
    let refresh = spawn({
        let origin = Arc::clone(&origin);
        async move { price::refresh(1, &origin).await }
    });
    until(|| origin.runs() == 1).await;
    way.expire().await;
    origin.probe.open();
    let refreshed = ended(refresh).await.unwrap();
    let failing = Origin::new();
    failing.will([Act::Fail]);
    [refreshed, price(1, &failing).await]
}

/// The same on one node, where nobody asks in between.
pub(crate) async fn what_was_to_be_replaced_does_not_serve_after_an_expiry(place: Place) {
    with_a_value(&place, async |_, way| {
        let [refreshed, after] = expired_while_refreshed(way, []).await;
        assert_eq!(refreshed, Ok(1), "{way:?}");
        assert_ne!(after, Ok(OLD), "{way:?}");
    })
    .await;
}

/// A refresh that fails leaves what it was to replace.
pub(crate) async fn what_a_failed_refresh_was_to_replace_serves_after_an_expiry(place: Place) {
    with_a_value(&place, async |_, way| {
        let [refreshed, after] = expired_while_refreshed(way, [Act::Fail]).await;
        assert_eq!(refreshed, Err(Failure), "{way:?}");
        assert_eq!(after, Ok(OLD), "{way:?}");
    })
    .await;
}

/// The value that a refresh was to replace is older than the refresh, and that is older than the
/// expiry.
pub(crate) async fn what_a_refresh_replaces_does_not_serve_after_an_expiry(place: Place) {
    let there = place.node().await;
    for (id, way) in (1..).zip(WAYS) {
        let old = Origin::new();
        there.scope(price(id, &old)).await.unwrap();
        assert_eq!(there.scope(price::refresh(id, &old)).await, Ok(2), "{way:?}");
        // It hears of nothing from before, which would end what it reads here when that comes late.
        let here = place.node().await;
        let new = Origin::held_back();
        let refresh = spawn(there.clone().scope({
            let new = Arc::clone(&new);
            async move { price::refresh(id, &new).await }
        }));
        until(|| new.runs() == 1).await;
        here.scope(way.expire_key(id)).await;
        let failing = Origin::new();
        failing.will([Act::Fail, Act::Fail, Act::Fail]);
        here.scope(price(id, &failing)).await.expect("the old value serves until it is replaced");
        new.probe.open();
        assert_eq!(ended(refresh).await.unwrap(), Ok(1), "{way:?}");
        let at_last = there.scope(price(id, &failing)).await;
        assert_ne!(at_last, Ok(2), "{way:?}");
    }
}
