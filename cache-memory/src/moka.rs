//! The crate moka as an engine.
//!
//! moka keeps capacity. What it cannot do stands here: it drops values whenever its own maintenance
//! comes to it, so it holds each entry in a [`Holder`], which is emptied when the entry leaves. And
//! its capacity is fixed, so a new cache takes the place of the old one and is filled key by key.

use std::sync::Arc;

use cachery_core::{
    Bounds, DropCause, Entry, Eviction, Left, MemoryOptions, MemoryTier, OnDrop,
    key::{Key, KeyHasher, StoredKey},
};
use moka::{notification::RemovalCause, ops::compute::Op, policy::EvictionPolicy, sync::Cache};
use parking_lot::{Mutex, RwLock};

/// Entries for each step of housekeeping: a pass over all of them comes as many steps later.
const TIDY_ENTRIES: u64 = 16 * 1024;
/// Looks at a key whose entries leave one after the other while they are looked at.
const MOST_LOOKS: usize = 8;

/// The place of an entry in moka. It is empty once the entry has left.
type Holder = Arc<Mutex<Option<Entry>>>;
type Holders = Cache<StoredKey, Holder, KeyHasher>;

struct Moka {
    caches: RwLock<Caches>,
    eviction: Eviction,
    on_drop: OnDrop,
    /// Entries that left while moka held its locks.
    left: Arc<Mutex<Left>>,
    /// The steps of housekeeping since the last pass over all entries.
    steps: Mutex<u64>,
}

struct Caches {
    bounds: Bounds,
    current: Holders,
    /// The cache that is being replaced by `current`. A key is in one of the two.
    previous: Option<Holders>,
}

pub(crate) fn open(options: MemoryOptions) -> Box<dyn MemoryTier> {
    let MemoryOptions { bounds, eviction, on_drop, .. } = options;
    let left = Arc::default();
    let current = build(bounds, eviction, &on_drop, &left);
    let caches = RwLock::new(Caches { bounds, current, previous: None });
    Box::new(Moka { caches, eviction, on_drop, left, steps: Mutex::default() })
}

fn build(bounds: Bounds, eviction: Eviction, on_drop: &OnDrop, left: &Arc<Mutex<Left>>) -> Holders {
    let policy = match eviction {
        Eviction::Lru => EvictionPolicy::lru(),
        _ => EvictionPolicy::tiny_lfu(),
    };
    let on_drop = Arc::clone(on_drop);
    let left = Arc::clone(left);
    let listener = move |_, holder: Holder, cause| {
        let Some(entry) = holder.lock().take() else { return };
        if let Some(cause) = drop_cause(cause) {
            on_drop(&entry, cause);
        }
        left.lock().add(entry);
    };
    Cache::builder()
        .max_capacity(bounds.capacity)
        .eviction_policy(policy)
        .eviction_listener(listener)
        .build_with_hasher(KeyHasher)
}

/// Returns `None` for an entry that was asked to leave.
fn drop_cause(cause: RemovalCause) -> Option<DropCause> {
    match cause {
        RemovalCause::Expired => Some(DropCause::Expired),
        RemovalCause::Size => Some(DropCause::Size),
        RemovalCause::Replaced => Some(DropCause::Replaced),
        RemovalCause::Explicit => None,
    }
}

impl Moka {
    fn take_left(&self) -> Left {
        std::mem::take(&mut *self.left.lock())
    }

    /// Moves `key` to the current cache, if it is still in the previous one.
    fn move_over(&self, key: &StoredKey) {
        // All others wait for it, so that a key is in one of the two.
        let caches = self.caches.write();
        let Some(previous) = &caches.previous else { return };
        let entry = previous.get(key).and_then(|holder| holder.lock().take());
        previous.invalidate(key);
        if let Some(entry) = entry {
            caches.current.insert(key.clone(), hold(entry));
            caches.current.run_pending_tasks();
        }
    }

    /// Removes the entries that `is_over` finds past all use.
    fn sweep(&self, is_over: &dyn Fn(&Entry) -> bool) {
        let caches = self.caches.read().current.clone();
        for (key, holder) in &caches {
            let over = holder.lock().take_if(|entry| is_over(entry));
            let Some(over) = over else { continue };
            (self.on_drop)(&over, DropCause::Expired);
            // Not an entry that was stored for the key meanwhile.
            caches.entry(key.as_ref().clone()).and_compute_with(|present| match present {
                Some(present) if Arc::ptr_eq(present.value(), &holder) => Op::Remove,
                _ => Op::Nop,
            });
        }
    }
}

fn hold(entry: Entry) -> Holder {
    Arc::new(Mutex::new(Some(entry)))
}

impl Caches {
    fn get(&self, key: &Key) -> Option<Holder> {
        let current = || self.current.get(key);
        let previous = |previous: &Holders| {
            // It may have left for the current cache between the two looks.
            previous.get(key).or_else(current)
        };
        current().or_else(|| self.previous.as_ref().and_then(previous))
    }

    /// Applies what moka has put off. One run drops no more than a batch, so there is another as
    /// long as that makes the entries fewer.
    fn settle(&self) {
        let mut before = u64::MAX;
        while self.len() < before {
            before = self.len();
            self.all().for_each(Holders::run_pending_tasks);
        }
    }

    fn len(&self) -> u64 {
        self.all().map(Holders::entry_count).sum()
    }

    fn all(&self) -> impl Iterator<Item = &Holders> {
        [&self.current].into_iter().chain(&self.previous)
    }
}

impl MemoryTier for Moka {
    fn get(&self, key: &Key) -> Option<Entry> {
        let caches = self.caches.read();
        // An empty holder was left for another one, or for none.
        (0..MOST_LOOKS).map_while(|_| caches.get(key)).find_map(|holder| holder.lock().clone())
    }

    fn insert(&self, entry: Entry) -> Left {
        let caches = self.caches.read();
        let key = entry.key().clone();
        caches.current.insert(key.clone(), hold(entry));
        if let Some(previous) = &caches.previous {
            previous.invalidate(&key);
        }
        // At once, so that there are never more entries than the capacity allows.
        caches.current.run_pending_tasks();
        self.take_left()
    }

    fn remove(&self, key: &StoredKey) -> Left {
        self.caches.read().all().for_each(|cache| cache.invalidate(key));
        self.take_left()
    }

    fn clear(&self) {
        self.caches.read().all().for_each(Holders::invalidate_all);
    }

    fn resize(&self, bounds: Bounds) {
        let previous = {
            let mut caches = self.caches.write();
            if caches.bounds == bounds {
                return;
            }
            caches.bounds = bounds;
            let current = build(bounds, self.eviction, &self.on_drop, &self.left);
            let previous = std::mem::replace(&mut caches.current, current);
            caches.previous = Some(previous.clone());
            previous
        };
        for (key, _) in &previous {
            self.move_over(&key);
            drop(self.take_left());
        }
        self.caches.write().previous = None;
    }

    fn tidy(&self, is_over: &dyn Fn(&Entry) -> bool) {
        let entries = self.entries();
        let mut steps = self.steps.lock();
        *steps += 1;
        let is_due = *steps * TIDY_ENTRIES >= entries;
        if is_due {
            *steps = 0;
        }
        drop(steps);
        if is_due {
            self.sweep(is_over);
            drop(self.take_left());
        }
    }

    fn entries(&self) -> u64 {
        let entries = {
            let caches = self.caches.read();
            caches.settle();
            caches.len()
        };
        drop(self.take_left());
        entries
    }
}
