//! The tier itself.

use std::sync::Arc;

use cachery_core::{
    DropCause, Entry, MemoryOptions, MemoryTier,
    key::{Key, KeyHasher, StoredKey},
};
use moka::{notification::RemovalCause, sync::Cache};

struct Moka(Cache<StoredKey, Entry, KeyHasher>);

pub(crate) fn open(options: MemoryOptions) -> Arc<dyn MemoryTier> {
    let MemoryOptions { capacity, ttl, on_drop, .. } = options;
    // A life for the whole cache, not moka's `Expiry` for each entry: that one costs every hit about 55 ns, and the reader
    // checks each entry's own end anyway.
    let builder =
        Cache::builder().max_capacity(capacity).eviction_listener(move |_, entry, cause| {
            if let Some(cause) = drop_cause(cause) {
                on_drop(&entry, cause);
            }
        });
    let builder = match ttl {
        Some(ttl) => builder.time_to_live(ttl),
        None => builder,
    };
    Arc::new(Moka(builder.build_with_hasher(KeyHasher)))
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

    fn touch(&self, key: &StoredKey) {
        self.0.get(key);
    }

    fn insert(&self, entry: Entry) {
        self.0.insert(entry.key().clone(), entry);
    }

    fn remove(&self, key: &StoredKey) {
        self.0.invalidate(key);
    }

    fn clear(&self) {
        self.0.invalidate_all();
    }

    fn for_each(&self, show: &mut dyn FnMut(&Entry)) {
        for (_, entry) in &self.0 {
            show(&entry);
        }
    }

    fn holds(&self, entry: &Entry) -> bool {
        self.0.get(entry.key()).is_some_and(|held| held.is(entry))
    }

    fn entries(&self) -> u64 {
        // moka's count is eventual: pending reads and writes are applied first. One run drops no more than a batch of what a
        // `clear` left or what expired, so there is another as long as that makes them fewer.
        let mut before = u64::MAX;
        loop {
            self.0.run_pending_tasks();
            let now = self.0.entry_count();
            if now >= before {
                return now;
            }
            before = now;
        }
    }
}
