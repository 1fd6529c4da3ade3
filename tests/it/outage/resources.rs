//! Tasks, queues and tables are counted while they are there, and gone afterwards.

use std::sync::Arc;

use cachery::{Backend, Caches, Invalidation, health::Status};
use cachery_test_support::{Probe, Recorder, ended, eventually, until};

use super::{
    functions::number,
    place::{PATIENCE, Place, becomes, returns},
};

/// Returns the number of a kind on `node`.
fn count(node: &Caches, kind: &str) -> u64 {
    let recorder = Recorder::default();
    metrics::with_local_recorder(&recorder, || node.flush_metrics());
    let series = format!(r#"cache_resources{{kind="{kind}"}}"#);
    recorder.value(&series).unwrap_or_else(|| panic!("{series} exists from the start"))
}

async fn becomes_count(node: &Caches, kind: &str, wanted: u64) {
    eventually(&format!("{wanted} {kind}"), PATIENCE, async || {
        (count(node, kind) == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn each_kind_is_counted_while_it_is_there() {
    let place = Place::start().await;
    let (node, other) = (place.node(Backend::Tiered).await, place.direct_node().await);
    becomes(&node, "its health is good", |health| health.status == Status::Up).await;
    let probe = Probe::closed();
    let begin = |node: &Caches| {
        let (node, probe) = (node.clone(), Arc::clone(&probe));
        tokio::spawn(async move { node.scope(number(1, &probe)).await })
    };
    let load = begin(&node);
    until(|| probe.running() == 1).await;
    let waits = begin(&other);
    for (node, kind) in [(&node, "flights"), (&node, "leases"), (&other, "lease-waiters")] {
        becomes_count(node, kind, 1).await;
    }
    // The link, and the connection of this runtime.
    assert!(count(&node, "connections") >= 2);
    probe.open();
    assert_eq!((ended(load).await.unwrap(), ended(waits).await.unwrap()), (1, 1));
    for kind in ["flights", "leases", "releases", "requests", "waiting-requests", "invalidations"] {
        becomes_count(&node, kind, 0).await;
    }
    assert_eq!(node.scope(number::invalidate(1)).await, Invalidation::Everywhere);
    assert_eq!(count(&node, "remembered-invalidations"), 1);
    place.proxy.refuse();
    assert_eq!(returns(node.scope(number::invalidate(2))).await, Invalidation::Queued);
    assert!(count(&node, "queued-invalidations") >= 1);
    place.proxy.pass();
    becomes_count(&node, "queued-invalidations", 0).await;
}
