//! The rules of nodes that share a Redis.

use std::{sync::Arc, time::Duration};

use cachery::{Backend, Caches, Invalidation, cached, config::CacheSettings};
use cachery_test_support::{Probe, ended, eventually, spawn, until};

use super::{
    functions::{number, profile},
    place::Place,
};

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(10);

/// Each item with the number of its run, which the probe lets out.
#[cached(name = "contract-numbers", ttl = 3600, batch = ids, skip(probe))]
async fn numbers(ids: &[u64], probe: &Arc<Probe>) -> Result<Vec<usize>, String> {
    let run = probe.run().await;
    Ok(vec![run; ids.len()])
}

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

pub(crate) async fn values_that_are_put_together_end_older_ones_and_their_loads(place: Place) {
    let [a, b] = two(&place).await;
    let ids: Vec<_> = (0..20_u64).collect();
    let probe = Probe::opened();
    for node in [&a, &b] {
        assert_eq!(node.scope(numbers(&ids[..10], &probe)).await.unwrap(), [1; 10]);
    }
    let held_back = Probe::closed();
    let before = tokio::spawn({
        let (node, ids, probe) = (a.clone(), ids.clone(), Arc::clone(&held_back));
        async move { node.scope(numbers(&ids, &probe)).await }
    });
    until(|| held_back.runs() == 1).await;
    // By the node that has the cache's generation, and by one that has not.
    for (node, base) in [(b.clone(), 1000), (place.node().await, 2000)] {
        let entries = ids.iter().map(|id| (*id, base));
        node.scope(async { numbers::put_many(entries).await }).await;
        for node in [&a, &b] {
            let all = async || {
                let found = node.scope(numbers::peek_many(&ids)).await;
                (found == vec![Some(base); ids.len()]).then_some(())
            };
            eventually("it has all that was put", PATIENCE, all).await;
        }
    }
    // Of two values of one key the last one counts, though the first one is slow.
    a.scope(numbers::put_many([(7, 1), (8, 2000), (7, 2000)])).await;
    held_back.let_out(1);
    ended(before).await.unwrap().unwrap();
    let invalidated = a.scope(async { numbers::invalidate_many(&ids[..5]).await }).await;
    assert_eq!(invalidated, Invalidation::Everywhere);
    let left = async || {
        let found = b.scope(numbers::peek_many(&ids)).await;
        let expected = ids.iter().map(|id| (*id >= 5).then_some(2000));
        found.into_iter().eq(expected).then_some(())
    };
    eventually("what was invalidated is gone, and no other", PATIENCE, left).await;
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
