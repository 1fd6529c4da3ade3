//! The rules of tags over the result, of nodes that share a Redis.

use std::{sync::Arc, time::Duration};

use cachery::{Backend, Caches, Invalidation};
use cachery_test_support::{Probe, ended, eventually, spawn, until};

use super::{
    place::Place,
    tags_of_results::{AUTHOR, post, stored},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until `node` sees no value. Memory follows by a push; without memory it is seen at once.
async fn sees_none(place: &Place, node: &Caches) {
    if place.backend == Backend::Tiered {
        eventually("the push came", PATIENCE, async || {
            node.scope(stored()).await.is_none().then_some(())
        })
        .await;
    }
    assert_eq!(node.scope(stored()).await, None);
}

pub(crate) async fn the_end_of_a_tag_of_the_result_is_seen_by_the_other_node(place: Place) {
    let probe = Probe::opened();
    let [a, b] = [place.node().await, place.node().await];
    let run = async |node: &Caches| node.scope(post(11, &probe)).await.run;
    for node in [&a, &b, &a, &b] {
        assert_eq!(run(node).await, 1, "they share the value");
    }
    a.scope(post(21, &probe)).await;
    for other in [3, 4] {
        a.scope(async { AUTHOR.invalidate(&other).await }).await;
        assert_eq!(b.scope(stored()).await, Some(1));
    }
    assert_eq!(a.scope(async { AUTHOR.invalidate(&1).await }).await, Invalidation::Everywhere);
    sees_none(&place, &b).await;
    assert_eq!(b.scope(post::peek(21)).await.map(|post| post.run), Some(2));
    assert_eq!(run(&b).await, 3);
    assert!(run(&a).await >= 3);
}

pub(crate) async fn a_load_from_before_the_other_nodes_end_of_its_result_is_never_read(
    place: Place,
) {
    for expires in [false, true] {
        let probe = Probe::closed();
        let [a, b] = [place.node().await, place.node().await];
        let (node, own) = (a.clone(), Arc::clone(&probe));
        let load = spawn(async move { node.scope(post(11, &own)).await });
        until(|| probe.runs() == 1).await;
        let end =
            async { if expires { AUTHOR.expire(&1).await } else { AUTHOR.invalidate(&1).await } };
        assert_eq!(b.scope(end).await, Invalidation::Everywhere);
        probe.open();
        assert_eq!(ended(load).await.unwrap().run, 1);
        assert_eq!(b.scope(stored()).await, None);
        sees_none(&place, &a).await;
        assert_eq!(b.scope(post(11, &probe)).await.run, 2);
        assert_eq!(a.scope(post(11, &probe)).await.run, 2);
        b.scope(post::invalidate(11)).await;
        sees_none(&place, &a).await;
    }
}
