//! The table in memory of foyer without expiry, by hand. Of its rules S3-FIFO is taken, whose reads
//! share their lock; its default, LRU, locks each read alone.

use std::{
    future::Future,
    sync::{Arc, LazyLock},
};

use foyer_memory::{Cache, CacheBuilder, S3FifoConfig};

use super::{
    CAPACITY, Contender, body,
    keys::{Borrowed, Hasher, Owned},
};

type Table<V> = Cache<Owned, V, Hasher>;

static SHARED: LazyLock<Table<Arc<str>>> = LazyLock::new(table);
static OWNED: LazyLock<Table<String>> = LazyLock::new(table);

fn table<V: Send + Sync + 'static>() -> Table<V> {
    let builder = CacheBuilder::new(CAPACITY as usize).with_hash_builder(Hasher::default());
    builder.with_eviction_config(S3FifoConfig::default()).build()
}

async fn call<V>(table: &Table<V>, tenant: u64, text: &str) -> V
where
    V: From<String> + Clone + Send + Sync + 'static,
{
    if let Some(entry) = table.get(&Borrowed(tenant, text)) {
        return entry.value().clone();
    }
    let value = V::from(body(tenant, text));
    table.insert(Owned::new(tenant, text), value.clone());
    value
}

pub struct Foyer;

impl Contender for Foyer {
    const NAME: &'static str = "foyer by hand";
    const WORD: &'static str = "foyer";

    fn shared(tenant: u64, text: &str) -> impl Future<Output = Arc<str>> {
        call(&SHARED, tenant, text)
    }

    fn owned(tenant: u64, text: &str) -> impl Future<Output = String> {
        call(&OWNED, tenant, text)
    }

    async fn remove(tenant: u64, text: &str) {
        SHARED.remove(&Borrowed(tenant, text));
    }
}
