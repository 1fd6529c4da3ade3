//! Slots that move from master to master while nodes call.

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

use cachery::{Backend, Caches, Invalidation, cached, config::Fallback};
use cachery_test_support::{Cluster, eventually};

use super::place::{PATIENCE, builder, returns};

const KEYS: usize = 12;
/// The number of times that each slot moves.
fn rounds() -> usize {
    env::var("CACHERY_MOVES").map_or(3, |text| text.parse().expect("a number"))
}

/// The truth, which only grows.
static TRUTH: [AtomicU64; KEYS] = [const { AtomicU64::new(0) }; KEYS];

#[cached(name = "outage-resharded", ttl = 3600)]
async fn truth(key: usize) -> u64 {
    TRUTH[key].load(SeqCst)
}

/// Builds a node whose values come from Redis or from the function, and never from memory.
async fn node(cluster: &Cluster) -> Caches {
    let builder = builder(&cluster.url(), Backend::Redis).fallback(Fallback::Off);
    returns(builder.build()).await.expect("it is there")
}

/// Returns the stored values' keys.
async fn stored(cluster: &Cluster) -> Vec<String> {
    let mut all = Vec::new();
    for master in cluster.nodes() {
        all.extend(master.ask::<Vec<String>>(&["KEYS", "*}"]).await);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_slots_move_no_call_fails_and_no_invalidated_value_is_read() {
    let cluster = Cluster::start(3, 0).await;
    let [writer, reader] = [node(&cluster).await, node(&cluster).await];
    // A value that a busy machine does not store in time is stored by a later call.
    let keys = eventually("each value is stored", PATIENCE, async || {
        for key in 0..KEYS {
            returns(writer.scope(truth(key))).await;
        }
        Some(stored(&cluster).await).filter(|keys| keys.len() == KEYS)
    })
    .await;
    let resharding = tokio::spawn(async move {
        for key in keys.iter().cycle().take(keys.len() * rounds()) {
            cluster.reshard_slot_of(key).await;
        }
        cluster.settled().await;
        cluster
    });
    let mut everywhere = 0;
    while !resharding.is_finished() {
        for (key, value) in TRUTH.iter().enumerate() {
            let newest = value.fetch_add(1, SeqCst) + 1;
            let told = returns(writer.scope(truth::invalidate(key))).await;
            for node in [&reader, &writer] {
                let read = returns(node.scope(truth(key))).await;
                let is_right = told != Invalidation::Everywhere || read == newest;
                assert!(is_right, "{read} was read, and {newest} is right");
            }
            everywhere += usize::from(told == Invalidation::Everywhere);
        }
    }
    let _cluster = resharding.await.expect("it goes well");
    assert!(everywhere > KEYS, "{everywhere} invalidations were done at once");
    for (key, value) in TRUTH.iter().enumerate() {
        eventually("what was queued is done", PATIENCE, async || {
            let read = returns(reader.scope(truth(key))).await;
            (read == value.load(SeqCst)).then_some(())
        })
        .await;
    }
}
