//! The crate moka as an engine.
//!
//! moka keeps capacity. What it cannot do stands here: it drops values whenever its own maintenance
//! comes to it, so it holds each entry in a [`Holder`], which is emptied when the entry leaves. And
//! its capacity is fixed, so a new cache takes the place of the old one and is filled key by key.
//!
//! moka has one bound. With `max_bytes` that is a bound of bytes, in which an entry weighs what it
//! takes, or its share if all `capacity` entries were of one size, whichever is more: so both
//! bounds hold, and a cache of small and large entries may be full before it has reached either.

use std::{ops::ControlFlow, sync::Arc};

use cachery_core::{
    Bounds, DropCause, Entry, Eviction, HeldBytes, Left, MemoryOptions, MemoryTier, OnDrop,
    key::{Key, KeyHasher, StoredKey},
};
use equivalent::Equivalent as _;
use moka::{notification::RemovalCause, ops::compute::Op, policy::EvictionPolicy, sync::Cache};
use parking_lot::{Mutex, RwLock};

/// Entries for each step of housekeeping: a pass over all of them comes as many steps later.
const TIDY_ENTRIES: u64 = 16 * 1024;
/// The least share of the bytes that leaves when other caches need room: a sixty-fourth.
const EVICTED_SHARE: u64 = 64;
/// Looks at a key whose entries leave one after the other while they are looked at.
const MOST_LOOKS: usize = 8;

/// The place of an entry in moka. It is empty once the entry has left.
type Holder = Arc<Mutex<Option<Entry>>>;
type Holders = Cache<StoredKey, Holder, KeyHasher>;

struct Moka {
    /// Many threads read at once. One at a time writes, beside them, because moka's own weights
    /// drift apart from the entries when several writes of one key overlap.
    caches: RwLock<Caches>,
    eviction: Eviction,
    on_drop: OnDrop,
    /// Entries that left while moka held its locks.
    left: Arc<Mutex<Left>>,
    held: HeldBytes,
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
    let MemoryOptions { bounds, eviction, on_drop, held, .. } = options;
    let left = Arc::default();
    let current = build(bounds, eviction, &on_drop, &left, &held);
    let caches = RwLock::new(Caches { bounds, current, previous: None });
    Box::new(Moka { caches, eviction, on_drop, left, held, steps: Mutex::default() })
}

fn build(
    bounds: Bounds,
    eviction: Eviction,
    on_drop: &OnDrop,
    left: &Arc<Mutex<Left>>,
    held: &HeldBytes,
) -> Holders {
    let policy = match eviction {
        Eviction::Lru => EvictionPolicy::lru(),
        _ => EvictionPolicy::tiny_lfu(),
    };
    let on_drop = Arc::clone(on_drop);
    let left = Arc::clone(left);
    let held = held.clone();
    let scale = Scale::of(bounds);
    let listener = move |_, holder: Holder, cause| {
        let Some(entry) = take(&holder, &held, |_| true) else { return };
        if let Some(cause) = drop_cause(cause, scale, &entry) {
            on_drop(&entry, cause);
        }
        left.lock().add(entry);
    };
    Cache::builder()
        .max_capacity(scale.most)
        .weigher(move |_, holder: &Holder| scale.weigh(holder))
        .eviction_policy(policy)
        .eviction_listener(listener)
        .build_with_hasher(KeyHasher)
}

/// The measure of weights in moka, which are 32 bits wide.
#[derive(Clone, Copy)]
struct Scale {
    most: u64,
    /// The units of weight of so many bytes.
    units: u64,
    per_bytes: u64,
    /// The least weight of an entry, which is its share of `most`.
    least: u64,
}

impl Scale {
    fn of(bounds: Bounds) -> Self {
        let Some(max_bytes) = bounds.max_bytes else {
            return Self { most: bounds.capacity, units: 1, per_bytes: u64::MAX, least: 1 };
        };
        let widest = u64::from(u32::MAX);
        let per_bytes = max_bytes / widest + 1;
        // As many as there can be, so that little is lost where shares are rounded down.
        let units = (widest / max_bytes.max(1)).max(1);
        let most = max_bytes / per_bytes * units;
        let least = (most / bounds.capacity.max(1)).max(1);
        // As many shares as the capacity, so that all of them fit, and no more.
        let most = most.min(least.saturating_mul(bounds.capacity));
        Self { most, units, per_bytes, least }
    }

    fn weigh(&self, holder: &Holder) -> u32 {
        let weight = holder.lock().as_ref().map_or(0, |entry| self.weight_of(entry));
        // One that is nearly as large as the bound fits alone.
        let weight = weight.clamp(self.least, self.most.max(self.least));
        u32::try_from(weight).unwrap_or(u32::MAX)
    }

    fn weight_of(&self, entry: &Entry) -> u64 {
        entry.bytes().saturating_mul(self.units).div_ceil(self.per_bytes)
    }

    /// Returns the bound for which `entry` leaves: one that has less than its share of the bytes
    /// leaves for the number of entries.
    fn cause(&self, entry: &Entry) -> DropCause {
        let is_small = self.weight_of(entry) < self.least;
        if is_small || self.per_bytes == u64::MAX { DropCause::Size } else { DropCause::Bytes }
    }
}

/// Returns `None` for an entry that was asked to leave.
fn drop_cause(cause: RemovalCause, scale: Scale, entry: &Entry) -> Option<DropCause> {
    match cause {
        RemovalCause::Expired => Some(DropCause::Expired),
        RemovalCause::Size => Some(scale.cause(entry)),
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
            caches.settle_bounds();
        }
    }

    /// Takes out each entry that `leaves` chooses, counted as `cause`, as long as there is none
    /// that ends it.
    fn take_out(
        &self,
        cause: DropCause,
        mut leaves: impl FnMut(&Entry) -> ControlFlow<(), bool>,
    ) -> Left {
        let caches = self.caches.read().current.clone();
        let mut left = Left::default();
        for (key, holder) in &caches {
            let mut is_last = false;
            let writes = self.caches.upgradable_read();
            let taken = take(&holder, &self.held, |entry| match leaves(entry) {
                ControlFlow::Continue(is_taken) => is_taken,
                ControlFlow::Break(()) => {
                    is_last = true;
                    false
                }
            });
            if is_last {
                break;
            }
            let Some(taken) = taken else { continue };
            (self.on_drop)(&taken, cause);
            // Not an entry that was stored for the key meanwhile.
            caches.entry(key.as_ref().clone()).and_compute_with(|present| match present {
                Some(present) if Arc::ptr_eq(present.value(), &holder) => Op::Remove,
                _ => Op::Nop,
            });
            drop(writes);
            left.add(taken);
        }
        left
    }
}

fn hold(entry: Entry) -> Holder {
    Arc::new(Mutex::new(Some(entry)))
}

/// Empties `holder`, if `leaves` chooses its entry.
fn take(holder: &Holder, held: &HeldBytes, leaves: impl FnOnce(&Entry) -> bool) -> Option<Entry> {
    let mut place = holder.lock();
    let taken = place.take_if(|entry| leaves(entry))?;
    // Still locked: once moka finds the place empty, it gives its weight to other entries.
    held.subtract(&taken);
    Some(taken)
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

    /// Applies what moka has put off, until the entries are within the bounds. One run drops no
    /// more than a batch.
    fn settle_bounds(&self) {
        let most = Scale::of(self.bounds).most;
        let mut before = u64::MAX;
        self.current.run_pending_tasks();
        while self.current.weighted_size() > most && self.current.weighted_size() < before {
            before = self.current.weighted_size();
            self.current.run_pending_tasks();
        }
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

    /// Tells whether the bounds leave room for `entry`, of `held` bytes that are there.
    fn have_room_for(&self, entry: &Entry, held: u64) -> bool {
        let Bounds { capacity, max_bytes, .. } = self.bounds;
        let max_bytes = max_bytes.unwrap_or(u64::MAX);
        if entry.bytes() > max_bytes {
            return false;
        }
        if self.previous.is_none() {
            // The current cache makes room by itself.
            return true;
        }
        self.settle();
        let holder = self.all().find_map(|cache| cache.get(entry.key()));
        let replaced = holder.and_then(|holder| holder.lock().as_ref().map(Entry::bytes));
        let entries = self.len().saturating_sub(u64::from(replaced.is_some()));
        let bytes = held.saturating_sub(replaced.unwrap_or(0));
        entries < capacity && bytes.saturating_add(entry.bytes()) <= max_bytes
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

    fn look(&self, key: &Key) -> Option<Entry> {
        let caches = self.caches.read();
        // moka counts each `get`, and no step of a pass over all entries.
        let held = |cache: &Holders| {
            let of_key = |(stored, holder): (Arc<StoredKey>, Holder)| {
                key.equivalent(&*stored).then(|| holder.lock().clone()).flatten()
            };
            cache.contains_key(key).then(|| cache.iter().find_map(of_key)).flatten()
        };
        caches.all().find_map(held)
    }

    fn insert(&self, entry: Entry) -> Left {
        let caches = self.caches.upgradable_read();
        let key = entry.key().clone();
        if !caches.have_room_for(&entry, self.held.get()) {
            caches.all().for_each(|cache| cache.invalidate(&key));
            drop(caches);
            let mut left = self.take_left();
            left.add(entry);
            return left;
        }
        caches.current.insert(key.clone(), hold(entry.clone()));
        if let Some(previous) = &caches.previous {
            previous.invalidate(&key);
        }
        // At once, so that there are never more entries than the bounds allow.
        caches.settle_bounds();
        self.held.add(&entry);
        drop(caches);
        self.take_left()
    }

    fn remove(&self, key: &StoredKey) -> Left {
        self.caches.upgradable_read().all().for_each(|cache| cache.invalidate(key));
        self.take_left()
    }

    fn clear(&self) {
        self.caches.upgradable_read().all().for_each(Holders::invalidate_all);
    }

    fn evict(&self, bytes: u64) -> Left {
        // moka has no order that could be asked for, and a look into it reads many keys: so a share
        // leaves at once.
        let most = bytes.max(self.held.get() / EVICTED_SHARE);
        let mut taken = 0;
        let mut left = self.take_out(DropCause::Bytes, |entry| {
            if taken >= most {
                return ControlFlow::Break(());
            }
            taken += entry.bytes();
            ControlFlow::Continue(true)
        });
        self.caches.read().settle_bounds();
        left.extend(self.take_left());
        left
    }

    fn resize(&self, bounds: Bounds) {
        let previous = {
            let mut caches = self.caches.write();
            if caches.bounds == bounds {
                return;
            }
            caches.bounds = bounds;
            let current = build(bounds, self.eviction, &self.on_drop, &self.left, &self.held);
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
            let over = |entry: &Entry| ControlFlow::Continue(is_over(entry));
            drop(self.take_out(DropCause::Expired, over));
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
