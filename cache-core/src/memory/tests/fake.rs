//! A memory tier for tests, which lets a test interleave something with its operations.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::{
    cache::{Cache, Shared},
    clock::Clock,
    config::policy_of_attribute,
    entry::{Entry, Facts},
    key::{Key, StoredKey},
    memory::{Memory, MemoryTier, Shape, tiers::Tiers},
    observe::Counters,
    site::Site,
};

thread_local! {
    /// Runs once, after the tier has looked up what it shows and before it shows it, or when it is
    /// empty.
    static INTERLEAVED: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Interleaves `act` with the next operation of the memory.
pub(crate) fn interleave_once(act: impl FnOnce() + 'static) {
    INTERLEAVED.set(Some(Box::new(act)));
}

/// Tells whether that has happened.
pub(crate) fn has_interleaved() -> bool {
    INTERLEAVED.take().is_none()
}

fn interleave() {
    if let Some(act) = INTERLEAVED.take() {
        act();
    }
}

/// Creates a cache with such a memory, and a clock of its own.
pub(crate) fn cache(site: &'static Site, shared: Option<Shared>) -> Cache {
    let policy = policy_of_attribute(site);
    let shape = Shape { capacity: policy.capacity, ttl: policy.ttl };
    let counters = Arc::<Counters>::default();
    let clock = Clock::isolated();
    let tiers = Tiers::open(|_| Arc::new(FakeStore::default()), shape, &counters, &clock);
    Cache::with_memory(site, policy, clock, shared, counters, Memory::new(tiers))
}

/// Stores `value` as `put` does.
pub(crate) fn put(cache: &Cache, n: u64, value: impl Send + Sync + 'static) {
    let key = key(n);
    let shared = cache.shared.as_ref();
    let group = shared.map(|shared| cache.generations.group(&shared.digest(&key)));
    let group = group.unwrap_or_default();
    let generation = cache.generations.of(group);
    let facts: Facts = cache.facts(cache.lifetimes(), generation, group, Duration::ZERO);
    let entry = Entry::new(StoredKey::from(&key), value, facts);
    cache.flights.fence(&StoredKey::from(&key), || cache.store(entry));
}

pub(crate) fn key(n: u64) -> Key {
    Key::of(&[&n])
}

/// A memory tier without bounds.
#[derive(Default)]
struct FakeStore(Mutex<HashMap<Vec<u8>, Entry>>);

impl MemoryTier for FakeStore {
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
        interleave();
    }

    fn for_each(&self, show: &mut dyn FnMut(&Entry)) {
        let entries: Vec<_> = self.0.lock().unwrap().values().cloned().collect();
        interleave();
        entries.iter().for_each(show);
    }

    fn holds(&self, entry: &Entry) -> bool {
        self.0.lock().unwrap().get(entry.key().as_bytes()).is_some_and(|held| held.is(entry))
    }

    fn entries(&self) -> u64 {
        self.0.lock().unwrap().len() as u64
    }
}
