//! The tier itself.

use cache_core::{
    DropCause, Entry, MemoryOptions, MemoryTier,
    key::{Key, KeyHasher, StoredKey},
};
use moka::{notification::RemovalCause, sync::Cache};

use crate::expiry::AtTimelineEnd;

struct Moka(Cache<StoredKey, Entry, KeyHasher>);

pub(crate) fn open(options: MemoryOptions) -> Box<dyn MemoryTier> {
    let MemoryOptions { capacity, expiry, on_drop } = options;
    let builder = Cache::builder().max_capacity(capacity).eviction_listener(move |_, entry, cause| {
        if let Some(cause) = drop_cause(cause) {
            on_drop(&entry, cause);
        }
    });
    let cache = match expiry {
        Some(clock) => builder.expire_after(AtTimelineEnd(clock)).build_with_hasher(KeyHasher),
        None => builder.build_with_hasher(KeyHasher),
    };
    Box::new(Moka(cache))
}

/// `None` for an entry that was asked to leave.
fn drop_cause(cause: RemovalCause) -> Option<DropCause> {
    match cause {
        RemovalCause::Expired => Some(DropCause::Expired),
        RemovalCause::Size => Some(DropCause::Size),
        RemovalCause::Replaced => Some(DropCause::Replaced),
        RemovalCause::Explicit => None,
    }
}

impl MemoryTier for Moka {
    #[inline]
    fn get(&self, key: &Key) -> Option<Entry> {
        self.0.get(key)
    }

    fn insert(&self, key: &Key, entry: Entry) {
        self.0.insert(StoredKey::from(key), entry);
    }

    fn remove(&self, key: &Key) {
        self.0.invalidate(key);
    }

    fn clear(&self) {
        self.0.invalidate_all();
    }

    fn entries(&self) -> u64 {
        // moka's count is eventual; pending reads and writes are applied first.
        self.0.run_pending_tasks();
        self.0.entry_count()
    }
}
