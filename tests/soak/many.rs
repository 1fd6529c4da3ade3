//! A cache with more keys than it may hold keeps its bound, and no key gets the value of another
//! one. It has twenty thousand entries, unless `make soak` sets a million.

use std::env;

use cachery::{Caches, cached, config::CacheSettings};

const CALLERS: u64 = 8;

fn entries() -> u64 {
    env::var("CACHERY_ENTRIES").map_or(20_000, |number| number.parse().expect("a number"))
}

#[cached(name = "many", ttl = 3600)]
async fn many(key: u64, name: &str) -> String {
    format!("{key} {name}")
}

/// Calls `count` keys from `first` on, and then all of them again.
async fn ask(first: u64, count: u64) {
    for key in (first..first + count).chain(first..first + count) {
        assert_eq!(many(key, "a name").await, format!("{key} a name"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_keeps_its_bound_and_its_values_however_many_keys_it_is_asked_for() {
    let entries = entries();
    let settings = CacheSettings::new().capacity(entries);
    let caches =
        Caches::builder().isolated().cache("many", settings).build().await.expect("right settings");
    // Half as many keys again as there is room for.
    let share = entries * 3 / 2 / CALLERS;
    let callers = (0..CALLERS).map(|caller| tokio::spawn(caches.scope(ask(caller * share, share))));
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("every value is its key's");
    }
    let stats = || caches.sync_scope(|| many::cache().stats());
    let before = stats();
    assert_eq!(before.hits + before.misses, 2 * CALLERS * share);
    assert!(before.size <= entries && before.size > entries / 2, "{before:?}");
    caches.sync_scope(many::cache).clear().await;
    assert_eq!(stats().size, 0);
}
