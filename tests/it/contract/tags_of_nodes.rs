//! The rules of tags of nodes that share a Redis.

use std::{sync::Arc, time::Duration};

use cachery::{Backend, Caches, Invalidation};
use cachery_test_support::{Probe, ended, eventually, spawn, until};

use super::{
    place::Place,
    tags::{TENANT, report},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until `node` sees no value. Memory follows by a push; without memory it is seen at once.
async fn sees_none(place: &Place, node: &Caches) {
    if place.backend == Backend::Tiered {
        eventually("the push came", PATIENCE, async || {
            node.scope(report::peek(7, 1)).await.is_none().then_some(())
        })
        .await;
    }
    assert_eq!(node.scope(report::peek(7, 1)).await, None);
}

pub(crate) async fn the_end_of_a_tag_is_seen_by_the_other_node(place: Place) {
    let probe = Probe::opened();
    let [a, b] = [place.node().await, place.node().await];
    for node in [&a, &b, &a, &b] {
        assert_eq!(node.scope(report(7, 1, &probe)).await, 1, "they share the value");
    }
    a.scope(report(8, 1, &probe)).await;
    assert_eq!(a.scope(async { TENANT.invalidate(&7).await }).await, Invalidation::Everywhere);
    sees_none(&place, &b).await;
    assert_eq!(b.scope(report::peek(8, 1)).await, Some(2));
    assert_eq!(b.scope(report(7, 1, &probe)).await, 3);
    // The push about the tag may reach `a` while it reads: then it loads once more.
    assert!(a.scope(report(7, 1, &probe)).await >= 3);
}

pub(crate) async fn a_tagged_load_from_before_the_other_nodes_invalidation_is_never_read(
    place: Place,
) {
    let probe = Probe::closed();
    let [a, b] = [place.node().await, place.node().await];
    let (node, own) = (a.clone(), Arc::clone(&probe));
    let load = spawn(async move { node.scope(report(7, 1, &own)).await });
    until(|| probe.runs() == 1).await;
    assert_eq!(b.scope(async { TENANT.invalidate(&7).await }).await, Invalidation::Everywhere);
    probe.open();
    assert_eq!(ended(load).await.unwrap(), 1);
    assert_eq!(b.scope(report::peek(7, 1)).await, None);
    sees_none(&place, &a).await;
    assert_eq!(b.scope(report(7, 1, &probe)).await, 2);
    assert_eq!(a.scope(report(7, 1, &probe)).await, 2);
}
