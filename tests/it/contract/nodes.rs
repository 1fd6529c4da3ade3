//! The rules of nodes that share a Redis.

use std::{sync::Arc, time::Duration};

use cachery::{Backend, Caches, Invalidation, config::CacheSettings};
use cachery_test_support::{Probe, ended, eventually, spawn, until};

use super::{
    functions::{number, profile},
    place::Place,
};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(10);

async fn two(place: &Place) -> [Caches; 2] {
    [place.node().await, place.node().await]
}

async fn call(node: &Caches, probe: &Arc<Probe>) -> usize {
    node.scope(number(1, probe)).await
}

/// Begins a call on `node` in a task of its own.
fn begin(node: &Caches, probe: &Arc<Probe>) -> tokio::task::JoinHandle<usize> {
    let (node, probe) = (node.clone(), Arc::clone(probe));
    tokio::spawn(async move { call(&node, &probe).await })
}

/// Waits until `node` sees the value. Memory follows by a push; without memory it is seen at once.
async fn sees(place: &Place, node: &Caches, value: Option<usize>) {
    if place.backend == Backend::Tiered {
        eventually("the push came", PATIENCE, async || {
            (node.scope(number::peek(1)).await == value).then_some(())
        })
        .await;
    }
    assert_eq!(node.scope(number::peek(1)).await, value);
}

pub(crate) async fn what_one_node_loaded_the_other_reads(place: Place) {
    let ([a, b], probe) = (two(&place).await, Probe::opened());
    assert_eq!((call(&a, &probe).await, call(&b, &probe).await, call(&b, &probe).await), (1, 1, 1));
    let stats = b.sync_scope(|| number::cache().stats());
    let asked = if place.backend == Backend::Tiered { 1 } else { 2 };
    assert_eq!((stats.hits, stats.misses, stats.remote.hits), (2, 0, asked));
}

pub(crate) async fn two_nodes_of_a_cold_key_share_one_load(place: Place) {
    let ([a, b], probe) = (two(&place).await, Probe::closed());
    let first = begin(&a, &probe);
    until(|| probe.runs() == 1).await;
    let callers: Vec<_> = (0..10).map(|_| begin(&b, &probe)).collect();
    until(|| b.sync_scope(|| number::cache().stats().misses) >= 9).await;
    probe.let_out(1);
    assert_eq!(ended(first).await.unwrap(), 1);
    for caller in callers {
        assert_eq!(ended(caller).await.unwrap(), 1);
    }
    assert_eq!(probe.runs(), 1);
}

pub(crate) async fn without_leases_each_node_loads_for_itself(place: Place) {
    let probe = Probe::closed();
    let settings = CacheSettings::new().lease(false);
    let nodes = [place.node_of(settings).await, place.node_of(settings).await];
    let calls = nodes.each_ref().map(|node| begin(node, &probe));
    until(|| probe.runs() == 2).await;
    probe.open();
    for call in calls {
        ended(call).await.unwrap();
    }
}

pub(crate) async fn an_invalidation_is_seen_by_the_other_node(place: Place) {
    let ([a, b], probe) = (two(&place).await, Probe::opened());
    assert_eq!((call(&a, &probe).await, call(&b, &probe).await), (1, 1));
    assert_eq!(a.scope(number::invalidate(1)).await, Invalidation::Everywhere);
    sees(&place, &b, None).await;
    assert_eq!((call(&b, &probe).await, call(&a, &probe).await), (2, 2));
}

pub(crate) async fn a_put_and_a_refresh_are_seen_by_the_other_node(place: Place) {
    let ([a, b], probe) = (two(&place).await, Probe::opened());
    assert_eq!((call(&a, &probe).await, call(&b, &probe).await), (1, 1));
    a.scope(number::put(1, 1000)).await;
    sees(&place, &b, Some(1000)).await;
    assert_eq!(b.scope(number::refresh(1, &probe)).await, 2);
    sees(&place, &a, Some(2)).await;
}

pub(crate) async fn a_clear_is_seen_by_the_other_node(place: Place) {
    let ([a, b], probe) = (two(&place).await, Probe::opened());
    assert_eq!((call(&a, &probe).await, call(&b, &probe).await), (1, 1));
    assert_eq!(a.sync_scope(number::cache).clear().await, Invalidation::Everywhere);
    sees(&place, &b, None).await;
    assert_eq!((call(&b, &probe).await, call(&a, &probe).await), (2, 2));
}

pub(crate) async fn a_load_from_before_the_other_nodes_invalidation_stores_nothing(place: Place) {
    fence(&two(&place).await).await;
}

pub(crate) async fn without_leases_neither(place: Place) {
    let settings = CacheSettings::new().lease(false);
    fence(&[place.node_of(settings).await, place.node_of(settings).await]).await;
}

async fn fence([a, b]: &[Caches; 2]) {
    let probe = Probe::closed();
    let before = begin(a, &probe);
    until(|| probe.runs() == 1).await;
    assert_eq!(b.scope(number::invalidate(1)).await, Invalidation::Everywhere);
    probe.let_out(1);
    assert_eq!(ended(before).await.unwrap(), 1);
    assert_eq!(a.sync_scope(|| number::cache().stats().remote.fenced), 1);
    assert_eq!((a.scope(number::peek(1)).await, b.scope(number::peek(1)).await), (None, None));
    probe.open();
    assert_eq!((call(b, &probe).await, call(a, &probe).await), (2, 2));
}

pub(crate) async fn a_value_ends_on_the_other_node_when_it_ends_on_its_own(place: Place) {
    let ([a, b], probe) = (two(&place).await, Probe::opened());
    b.clock().stop();
    call(&a, &probe).await;
    b.clock().advance(HOUR / 2);
    assert_eq!(call(&b, &probe).await, 1);
    b.clock().advance((HOUR / 2).saturating_sub(10 * SECOND));
    assert_eq!(call(&b, &probe).await, 1);
    b.clock().advance(20 * SECOND);
    assert_eq!(call(&b, &probe).await, 2);
}

pub(crate) async fn a_value_lives_in_memory_as_long_as_it_has_left_in_redis(place: Place) {
    let probe = Probe::opened();
    call(&place.node().await, &probe).await;
    let (server, key) = place.value("contract-number").await;
    server.tell(&["PEXPIRE", &key, "60000"]).await;
    let node = place.node_in_real_time().await;
    call(&node, &probe).await;
    node.clock().advance(50 * SECOND);
    call(&node, &probe).await;
    let remote_hits = || node.sync_scope(|| number::cache().stats().remote.hits);
    let before = remote_hits();
    node.clock().advance(20 * SECOND);
    assert_eq!(call(&node, &probe).await, 1);
    assert_eq!(remote_hits(), before + 1, "it was not served from memory");
    assert_eq!(before, if place.backend == Backend::Tiered { 1 } else { 2 });
}

pub(crate) async fn a_value_from_redis_is_of_its_type(place: Place) {
    let ([a, b], probe) = (two(&place).await, Probe::opened());
    let loaded = a.scope(profile("Ann", &probe)).await;
    assert_eq!(b.scope(profile("Ann", &probe)).await, loaded);
}

pub(crate) async fn what_a_caller_in_a_task_of_its_own_loads_is_shared(place: Place) {
    let ([a, b], probe) = (two(&place).await, Probe::opened());
    let task = Arc::clone(&probe);
    a.scope(async { ended(spawn(async move { number(1, &task).await })).await.unwrap() }).await;
    assert_eq!((call(&b, &probe).await, probe.runs()), (1, 1));
}
