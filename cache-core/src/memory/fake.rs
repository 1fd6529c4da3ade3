//! A memory tier for tests, which lets a test interleave something with its operations.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Mutex},
};

use super::{Bounds, HeldBytes, Left, Memory, MemoryTier, Together};
use crate::{
    cache::{Cache, Shared},
    clock::Clock,
    config::policy_of_attribute,
    deciding::Decision,
    entry::Entry,
    key::{Key, StoredKey},
    money::Spent,
    observe::Counters,
    remote::Digester,
    site::Site,
    tag::Cells,
};

thread_local! {
    /// Runs once, when the tier is empty.
    static INTERLEAVED: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    /// Runs once, when the tier has found an entry.
    static WHEN_FOUND: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Interleaves `act` with the next look at an entry: the tier has found it, and nobody has it yet.
pub(crate) fn interleave_when_found(act: impl FnOnce() + 'static) {
    WHEN_FOUND.set(Some(Box::new(act)));
}

/// Interleaves `act` with the next operation of the memory.
pub(crate) fn interleave_once(act: impl FnOnce() + 'static) {
    INTERLEAVED.set(Some(Box::new(act)));
}

/// Tells whether that has happened.
pub(crate) fn has_interleaved() -> bool {
    INTERLEAVED.take().is_none()
}

/// Creates a cache with such a memory, and a clock of its own.
pub(crate) fn cache(site: &'static Site, shared: Option<Shared>) -> Cache {
    let policy = policy_of_attribute(site);
    let counters = Arc::<Counters>::default();
    let clock = Clock::isolated();
    let tier = Arc::new(FakeStore::default());
    let together = Arc::new(Together::new(None));
    let memory = Memory::on(tier, shared.is_some(), HeldBytes::default(), together);
    let tags = Arc::new(Cells::new(Digester::new(None)));
    Cache::with_memory(site, policy, clock, shared, tags, counters, memory)
}

/// Stores `value` as `put` does.
pub(crate) fn put(cache: &Cache, n: u64, value: impl Send + Sync + 'static) {
    let key = key(n);
    let shared = cache.shared.as_ref();
    let group = shared.map(|shared| cache.generations.group(&shared.digest(&key)));
    let group = group.unwrap_or_default();
    let generation = cache.generations.of(group);
    let facts = cache.facts(cache.lifetimes(Decision::STORED), generation, group, Spent::default());
    let entry = Entry::new(StoredKey::from(&key), value, facts);
    drop(cache.flights.fence(&StoredKey::from(&key), || cache.store(entry)));
}

pub(crate) fn key(n: u64) -> Key {
    Key::of(&[&n])
}

/// A memory tier without bounds.
#[derive(Default)]
struct FakeStore(Mutex<HashMap<Vec<u8>, Entry>>);

impl MemoryTier for FakeStore {
    fn get(&self, key: &Key) -> Option<Entry> {
        let entry = self.0.lock().unwrap().get(key.as_bytes()).cloned();
        if let Some(act) = WHEN_FOUND.take() {
            act();
        }
        entry
    }

    fn look(&self, key: &Key) -> Option<Entry> {
        self.get(key)
    }

    fn insert(&self, entry: Entry) -> Left {
        let key = entry.key().as_bytes().to_vec();
        self.0.lock().unwrap().insert(key, entry).into_iter().collect()
    }

    fn remove(&self, key: &StoredKey) -> Left {
        self.0.lock().unwrap().remove(key.as_bytes()).into_iter().collect()
    }

    fn clear(&self) {
        let entries = std::mem::take(&mut *self.0.lock().unwrap());
        drop(entries);
        if let Some(act) = INTERLEAVED.take() {
            act();
        }
    }

    fn evict(&self, _: u64) -> Left {
        Left::default()
    }

    fn resize(&self, _: Bounds) {}

    fn tidy(&self, _: &dyn Fn(&Entry) -> bool) {}

    fn entries(&self) -> u64 {
        self.0.lock().unwrap().len() as u64
    }
}
