//! Keys that change while memory is being resized, on a tier that lets a test interleave.

pub(crate) mod fake;

use std::{sync::Arc, time::Duration};

use self::fake::{has_interleaved, interleave_once, key, put};
use crate::{cache::Cache, key::StoredKey, policy::Policy, site::Site};

static SITE: Site = Site::new("users", "shop::f", "()->u8");

fn cache() -> Arc<Cache> {
    Arc::new(fake::cache(&SITE, None))
}

fn entries(cache: &Cache) -> u64 {
    cache.memory().entries()
}

fn value(cache: &Cache, n: u64) -> Option<&'static str> {
    cache.peek(&key(n)).and_then(|entry| entry.value().copied())
}

/// Brings `cache` to another capacity; `interleaved` runs after the entries to move were found.
fn move_while(cache: &Arc<Cache>, interleaved: impl FnOnce(&Cache) + 'static) {
    let other = Arc::clone(cache);
    interleave_once(move || interleaved(&other));
    let policy = cache.policy.get();
    cache.policy.set(Policy { capacity: policy.capacity + 1, ..policy });
    cache.resize();
    assert!(has_interleaved(), "memory has moved");
}

#[test]
fn what_was_stored_is_there_after_a_move_and_after_another() {
    let cache = cache();
    put(&cache, 1, "one");
    for _ in 0..2 {
        move_while(&cache, |cache| {
            assert_eq!(value(cache, 1), Some("one"), "the old tier answers meanwhile");
        });
        assert_eq!((value(&cache, 1), entries(&cache)), (Some("one"), 1));
    }
    assert_eq!(
        cache.memory().tiers().first.tier.entries(),
        0,
        "the first tier's memory is given back"
    );
}

#[test]
fn what_is_removed_during_a_move_does_not_come_back() {
    let cache = cache();
    put(&cache, 1, "one");
    move_while(&cache, |cache| {
        cache.drop_key(&StoredKey::from(&key(1)));
        assert_eq!(value(cache, 1), None);
    });
    assert_eq!(value(&cache, 1), None);
}

#[test]
fn what_is_stored_during_a_move_stays_and_wins_over_what_was_there() {
    let cache = cache();
    put(&cache, 1, "old");
    move_while(&cache, |cache| {
        put(cache, 1, "new");
        put(cache, 2, "two");
    });
    assert_eq!((value(&cache, 1), value(&cache, 2)), (Some("new"), Some("two")));
}

#[test]
fn what_is_cleared_during_a_move_is_gone_after_it() {
    let cache = cache();
    put(&cache, 1, "one");
    move_while(&cache, Cache::clear);
    assert_eq!((value(&cache, 1), entries(&cache)), (None, 0));
}

#[test]
fn what_has_expired_is_counted_and_left_behind() {
    let cache = cache();
    let policy = cache.policy.get();
    cache.policy.set(Policy { ttl: Some(Duration::from_secs(1)), ..policy });
    put(&cache, 1, "one");
    cache.clock.advance(Duration::from_secs(1));
    move_while(&cache, |_| ());
    assert_eq!((entries(&cache), cache.stats().evictions.expired), (0, 1));
}
