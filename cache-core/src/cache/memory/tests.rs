//! What happens to keys that change while memory moves, on a tier that lets a test meddle.

use std::{cell::RefCell, collections::HashMap, sync::Mutex};

use super::*;
use crate::{policy::Policy, site::Site};

thread_local! {
    /// Done once, after a tier has looked up what it shows and before it shows it.
    static MEDDLE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// A tier without bounds.
#[derive(Default)]
struct Shelf(Mutex<HashMap<Vec<u8>, Entry>>);

impl MemoryTier for Shelf {
    fn get(&self, key: &Key) -> Option<Entry> {
        self.0.lock().unwrap().get(key.as_bytes()).cloned()
    }

    fn touch(&self, _: &StoredKey) {}

    fn insert(&self, entry: Entry) {
        self.0.lock().unwrap().insert(entry.key().as_bytes().to_vec(), entry);
    }

    fn remove(&self, key: &StoredKey) {
        self.0.lock().unwrap().remove(key.as_bytes());
    }

    fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    fn for_each(&self, show: &mut dyn FnMut(&Entry)) {
        let entries: Vec<_> = self.0.lock().unwrap().values().cloned().collect();
        if let Some(meddle) = MEDDLE.take() {
            meddle();
        }
        entries.iter().for_each(show);
    }

    fn holds(&self, entry: &Entry) -> bool {
        self.0.lock().unwrap().get(entry.key().as_bytes()).is_some_and(|held| held.is(entry))
    }

    fn entries(&self) -> u64 {
        self.0.lock().unwrap().len() as u64
    }
}

fn key(n: u64) -> Key {
    Key::of(&[&n])
}

static SITE: Site = Site::new("users", "shop::f", "()->u8");

fn cache() -> Arc<Cache> {
    let policy = crate::config::Config::default().policy(&SITE);
    let shape = Shape { capacity: policy.capacity, ttl: policy.ttl };
    let mut cache = Cache::new(&SITE, policy, Clock::isolated(), None);
    cache.memory = Memory::open_by(|_| Arc::new(Shelf::default()), shape, &cache.counters, &cache.clock);
    Arc::new(cache)
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
    MEDDLE.set(Some(Box::new(move || meddle(&meddler))));
    let policy = cache.policy.get();
    cache.policy.set(Policy { capacity: policy.capacity + 1, ..policy });
    cache.reshape();
    assert!(MEDDLE.take().is_none(), "memory has moved");
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
