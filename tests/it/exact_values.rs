//! V1 to V3: a hit equals what the function returned, or the value was not stored and that was
//! told. In each backend, by each codec, on a real Redis.

mod instances;
mod shapes;
mod told;

use cachery::{
    Backend, Caches, cached,
    config::{CacheSettings, Codec},
};
use proptest::{strategy::Strategy, strategy::ValueTree as _, test_runner::TestRunner};

use self::shapes::{Shape, shape};
use crate::contract::place::Place;

/// Values for each backend and codec.
const VALUES: u64 = 150;

#[cached(name = "exact-shape", ttl = 3600, skip(value))]
async fn returned(_id: u64, value: &Shape) -> Shape {
    value.clone()
}

/// Values as a seed of proptest's makes them; the same in each run.
fn values() -> Vec<Shape> {
    let mut runner = TestRunner::deterministic();
    let strategy = shape();
    (0..VALUES).map(|_| strategy.new_tree(&mut runner).expect("it is made").current()).collect()
}

/// Floats are compared by what they print, because NaN is not equal to itself.
fn printed(value: &Shape) -> String {
    format!("{value:?}")
}

async fn is_exact(backend: Backend, codec: Codec) {
    let place = Place::standalone(backend).await;
    let node = || place.node_of(CacheSettings::new().codec(codec));
    let nodes = [node().await, node().await];
    for (id, value) in values().iter().enumerate() {
        let id = id as u64;
        for node in [&nodes[0], &nodes[0], &nodes[1]] {
            let hit = node.scope(returned(id, value)).await;
            assert_eq!(printed(&hit), printed(value), "{backend:?} {codec}");
        }
    }
    let [first, second] = nodes.map(|node| node.sync_scope(|| returned::cache().stats()));
    // What the second node loaded is what was not stored, of which the first was told: at each of
    // its two calls where memory keeps nothing.
    let told = if backend == Backend::Tiered { 1 } else { 2 };
    assert_eq!(first.remote.oversized, told * second.loads, "{backend:?} {codec}");
    assert_eq!(second.remote.oversized, second.loads);
    assert_eq!(second.remote.hits, VALUES - second.loads);
    assert_eq!(second.remote.corrupt, 0);
    if codec == Codec::Binary {
        // Only where serde hides something: a skipped field, or 128 bits in an untagged enum.
        assert!(second.loads < VALUES / 2, "{} of {VALUES} were not stored", second.loads);
    }
}

#[tokio::test]
async fn a_hit_in_redis_is_what_was_returned() {
    is_exact(Backend::Redis, Codec::Binary).await;
}

#[tokio::test]
async fn a_hit_in_tiers_is_what_was_returned() {
    is_exact(Backend::Tiered, Codec::Binary).await;
}

#[tokio::test]
async fn a_hit_in_redis_as_json_is_what_was_returned() {
    is_exact(Backend::Redis, Codec::Json).await;
}

#[tokio::test]
async fn a_hit_in_tiers_as_json_is_what_was_returned() {
    is_exact(Backend::Tiered, Codec::Json).await;
}

#[tokio::test]
async fn a_hit_in_memory_is_what_was_returned() {
    let node = Caches::isolated();
    node.scope(async {
        for (id, value) in values().iter().enumerate() {
            returned(id as u64, value).await;
            let hit = returned(id as u64, value).await;
            assert_eq!(printed(&hit), printed(value));
        }
        let stats = returned::cache().stats();
        assert_eq!((stats.loads, stats.hits, stats.remote.oversized), (VALUES, VALUES, 0));
    })
    .await;
}
