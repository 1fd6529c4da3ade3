//! The values and the keys in Redis.

use cachery::{Backend, Caches, config::CacheSettings};
use cachery_test_support::Probe;

use super::{
    functions::{number, text},
    place::Place,
};

pub(crate) async fn an_oversized_value_skips_redis(place: Place) {
    let node = place.node_of(CacheSettings::new().max_value_size(1000)).await;
    node.scope(async {
        let probe = Probe::opened();
        assert_eq!(text(2000, &probe).await.len(), 2000);
        assert!(place.values("contract-text").await.is_empty());
        text(2000, &probe).await;
        let in_memory = place.backend == Backend::Tiered;
        assert_eq!(probe.runs(), if in_memory { 1 } else { 2 });
        assert_eq!(text::cache().stats().remote.oversized, probe.runs() as u64);
    })
    .await;
}

/// Checks that a value which `commands` have corrupted is a miss, is counted, and is stored again.
async fn is_overwritten(place: Place, commands: &[&[&str]]) {
    let probe = Probe::opened();
    place.node().await.scope(number(1, &probe)).await;
    let (server, key) = place.value("contract-number").await;
    for command in commands {
        let command: Vec<_> =
            command.iter().map(|word| if *word == "KEY" { &key } else { *word }).collect();
        server.tell(&command).await;
    }
    let node = place.node().await;
    node.scope(async {
        assert_eq!((number(1, &probe).await, number(1, &probe).await), (2, 2));
        let stats = number::cache().stats();
        assert_eq!((stats.misses, stats.hits, stats.remote.corrupt), (1, 1, 1));
    })
    .await;
    assert_eq!(place.node().await.scope(number::peek(1)).await, Some(2), "it is stored anew");
}

pub(crate) async fn garbage_is_a_miss_and_is_overwritten(place: Place) {
    is_overwritten(place, &[&["SET", "KEY", "garbage", "PX", "3600000"]]).await;
}

pub(crate) async fn a_damaged_value_is_a_miss_and_is_overwritten(place: Place) {
    // The bytes behind magic, version, codec, flags and generation.
    is_overwritten(place, &[&["SETRANGE", "KEY", "30", "damage"]]).await;
}

pub(crate) async fn a_key_of_another_type_is_a_miss_and_is_overwritten(place: Place) {
    is_overwritten(place, &[&["DEL", "KEY"], &["LPUSH", "KEY", "element"]]).await;
}

/// Checks that neither node reads a value of the other.
async fn are_apart([one, other]: [Caches; 2]) {
    let probe = Probe::opened();
    assert_eq!((one.scope(number(1, &probe)).await, other.scope(number(1, &probe)).await), (1, 2));
    one.scope(number::invalidate(1)).await;
    assert_eq!(other.scope(number(1, &probe)).await, 2);
    one.sync_scope(number::cache).clear().await;
    assert_eq!(other.scope(number(1, &probe)).await, 2);
}

pub(crate) async fn another_prefix_means_other_values(place: Place) {
    let other = place.builder_of_another_prefix();
    are_apart([place.node().await, other.build().await.unwrap()]).await;
}

pub(crate) async fn another_key_secret_means_other_keys(place: Place) {
    let [one, other] = [None, Some("a secret of the test")];
    let probe = Probe::opened();
    for (run, secret) in [(1, one), (2, other), (2, other), (1, one)] {
        let node = place.node_with(|builder| match secret {
            Some(secret) => builder.key_secret(secret),
            None => builder,
        });
        assert_eq!(node.await.scope(number(1, &probe)).await, run);
    }
    assert_eq!(place.values("contract-number").await.len(), 2);
}

pub(crate) async fn another_database_means_other_values(place: Place) {
    let url = place.url_of_database(1);
    let other = place.node_with(|builder| builder.redis_url(url)).await;
    are_apart([place.node().await, other]).await;
}
