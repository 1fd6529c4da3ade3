//! Memory for tests, in whose midst a test can do something.

use std::{cell::RefCell, collections::HashMap, sync::Mutex};

use super::*;
use crate::{cache::Shared, config::policy_of_attribute, site::Site};

thread_local! {
    /// Done once, after a tier has looked up what it shows and before it shows it, or when it is empty.
    static MEDDLE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Does something in the midst of what memory does next.
pub(in crate::cache) fn meddle_once(meddle: impl FnOnce() + 'static) {
    MEDDLE.set(Some(Box::new(meddle)));
}

/// Whether that has come.
pub(in crate::cache) fn has_meddled() -> bool {
    MEDDLE.take().is_none()
}

fn meddle() {
    if let Some(meddle) = MEDDLE.take() {
        meddle();
    }
}

/// A cache with such a memory, and a clock of its own.
pub(in crate::cache) fn cache(site: &'static Site, shared: Option<Shared>) -> Cache {
    let policy = policy_of_attribute(site);
    let shape = Shape { capacity: policy.capacity, ttl: policy.ttl };
    let mut cache = Cache::new(site, policy, Clock::isolated(), shared);
    cache.memory = Memory::open_by(|_| Arc::new(Shelf::default()), shape, &cache.counters, &cache.clock);
    cache
}

/// A memory tier without bounds.
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
        meddle();
    }

    fn for_each(&self, show: &mut dyn FnMut(&Entry)) {
        let entries: Vec<_> = self.0.lock().unwrap().values().cloned().collect();
        meddle();
        entries.iter().for_each(show);
    }

    fn holds(&self, entry: &Entry) -> bool {
        self.0.lock().unwrap().get(entry.key().as_bytes()).is_some_and(|held| held.is(entry))
    }

    fn entries(&self) -> u64 {
        self.0.lock().unwrap().len() as u64
    }
}
