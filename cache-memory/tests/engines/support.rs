//! Engines to test, and entries with values that tell of their end.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

// Linked for its engines, which announce themselves.
use cachery_memory as _;

use cachery_core::{
    Bounds, DropCause, Engine, Entry, Eviction, Facts, HeldBytes, MEMORY_BACKENDS, MemoryOptions,
    MemoryTier, Moment, OVERHEAD, Timeline,
    key::{Key, StoredKey},
};

/// The engines, each with each of its rules of eviction.
pub(crate) const ENGINES: [(Engine, Eviction); 3] = [
    (Engine::S3Fifo, Eviction::TinyLfu),
    (Engine::Moka, Eviction::TinyLfu),
    (Engine::Moka, Eviction::Lru),
];

/// The memory of a call site, with counts of the entries that left by themselves.
pub(crate) struct Memory {
    pub(crate) tier: Box<dyn MemoryTier>,
    held: HeldBytes,
    pub(crate) left: Arc<LeftByCause>,
}

/// Numbers of entries that left by themselves.
#[derive(Default)]
pub(crate) struct LeftByCause {
    pub(crate) expired: AtomicU64,
    pub(crate) size: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) replaced: AtomicU64,
}

impl Memory {
    pub(crate) fn open(engine: (Engine, Eviction), capacity: u64) -> Self {
        Self::bounded(engine, Bounds::new(capacity))
    }

    pub(crate) fn bounded((engine, eviction): (Engine, Eviction), bounds: Bounds) -> Self {
        let left = Arc::<LeftByCause>::default();
        let counts = Arc::clone(&left);
        let count = move |_: &Entry, cause| {
            let count = match cause {
                DropCause::Expired => &counts.expired,
                DropCause::Size => &counts.size,
                DropCause::Bytes => &counts.bytes,
                DropCause::Replaced => &counts.replaced,
                _ => unreachable!("a cause that is new"),
            };
            count.fetch_add(1, SeqCst);
        };
        let mut options = MemoryOptions::new(bounds, Arc::new(count));
        let held = options.held.clone();
        options.eviction = eviction;
        let backend = MEMORY_BACKENDS.iter().find(|backend| backend.engine == engine);
        let tier = (backend.expect("it is linked").open)(options);
        Self { tier, held, left }
    }

    /// Stores `value` for the key `n`.
    pub(crate) fn put(&self, n: u64, value: impl Send + Sync + 'static) {
        drop(self.tier.insert(entry(n, value)));
    }

    /// Stores a value for the key `n`, in an entry of so many bytes.
    pub(crate) fn put_large(&self, n: u64, bytes: u64) {
        drop(self.tier.insert(large(n, bytes)));
    }

    /// Returns the bytes of all entries.
    pub(crate) fn bytes(&self) -> u64 {
        // Lets moka do what it has put off.
        self.tier.entries();
        self.held.get()
    }

    /// Returns the bytes of the entry for the key `n`.
    pub(crate) fn bytes_of(&self, n: u64) -> Option<u64> {
        self.tier.get(&key(n)).map(|entry| entry.bytes())
    }

    /// Returns the number that is stored for the key `n`.
    pub(crate) fn number(&self, n: u64) -> Option<u64> {
        self.tier.get(&key(n)).map(|entry| *entry.value::<u64>().expect("it holds a number"))
    }

    pub(crate) fn remove(&self, n: u64) {
        drop(self.tier.remove(&StoredKey::from(&key(n))));
    }

    pub(crate) fn evicted(&self) -> u64 {
        self.left.size.load(SeqCst)
    }

    /// Does one round of housekeeping in which nothing is past all use.
    pub(crate) fn tidy(&self) {
        self.tier.tidy(&|_| false);
    }
}

pub(crate) fn key(n: u64) -> Key {
    Key::of(&[&n])
}

pub(crate) fn entry(n: u64, value: impl Send + Sync + 'static) -> Entry {
    let for_ever = Timeline::fresh(Moment::NEVER, None);
    Entry::new(StoredKey::from(&key(n)), value, Facts::new(for_ever))
}

/// Returns an entry of so many bytes.
pub(crate) fn large(n: u64, bytes: u64) -> Entry {
    let bytes = usize::try_from(bytes).expect("it is small");
    entry(n, n).weighed(|entry| bytes - OVERHEAD - entry.key().as_bytes().len())
}
