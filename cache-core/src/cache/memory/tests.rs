//! What happens to keys that change while memory moves, on a tier that lets a test meddle.

use super::{
    shelf::{has_meddled, meddle_once},
    *,
};
use crate::{policy::Policy, site::Site};

fn key(n: u64) -> Key {
    Key::of(&[&n])
}

static SITE: Site = Site::new("users", "shop::f", "()->u8");

fn cache() -> Arc<Cache> {
    Arc::new(shelf::cache(&SITE, None))
}

fn put(cache: &Cache, n: u64, value: &'static str) {
    let key = key(n);
    cache.put(Entry::new(StoredKey::from(&key), value, cache.facts_of_put(&key)));
}

fn value(cache: &Cache, n: u64) -> Option<&'static str> {
    cache.peek(&key(n)).and_then(|entry| entry.value().copied())
}

/// Brings `cache` to another capacity; `meddle` runs after it was found what to move.
fn move_while(cache: &Arc<Cache>, meddle: impl FnOnce(&Cache) + 'static) {
    let meddler = Arc::clone(cache);
    meddle_once(move || meddle(&meddler));
    let policy = cache.policy.get();
    cache.policy.set(Policy { capacity: policy.capacity + 1, ..policy });
    cache.reshape();
    assert!(has_meddled(), "memory has moved");
}

#[test]
fn what_was_stored_is_there_after_a_move_and_after_another() {
    let cache = cache();
    put(&cache, 1, "one");
    for _ in 0..2 {
        move_while(&cache, |cache| {
            assert_eq!(value(cache, 1), Some("one"), "the old tier answers meanwhile");
        });
        assert_eq!((value(&cache, 1), cache.memory.entries()), (Some("one"), 1));
    }
    assert_eq!(cache.memory.first.tier.entries(), 0, "the first tier's memory is given back");
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
    assert_eq!((value(&cache, 1), cache.memory.entries()), (None, 0));
}

#[test]
fn what_has_expired_is_counted_and_left_behind() {
    let cache = cache();
    let policy = cache.policy.get();
    cache.policy.set(Policy { ttl: Some(Duration::from_secs(1)), ..policy });
    put(&cache, 1, "one");
    cache.clock.advance(Duration::from_secs(1));
    move_while(&cache, |_| ());
    assert_eq!((cache.memory.entries(), cache.stats().evictions.expired), (0, 1));
}
