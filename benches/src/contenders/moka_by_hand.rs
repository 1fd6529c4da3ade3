//! moka with a ttl, by hand.

use std::{
    future::Future,
    sync::{Arc, LazyLock},
};

use super::{
    CAPACITY, Contender, TTL, body,
    keys::{Borrowed, Hasher, Owned},
};

type Table<V> = moka::sync::Cache<Owned, V, Hasher>;

static SHARED: LazyLock<Table<Arc<str>>> = LazyLock::new(table);
static OWNED: LazyLock<Table<String>> = LazyLock::new(table);

fn table<V: Clone + Send + Sync + 'static>() -> Table<V> {
    let builder = moka::sync::Cache::builder().max_capacity(CAPACITY).time_to_live(TTL);
    builder.build_with_hasher(Hasher::default())
}

async fn call<V>(table: &Table<V>, tenant: u64, text: &str) -> V
where
    V: From<String> + Clone + Send + Sync + 'static,
{
    if let Some(value) = table.get(&Borrowed(tenant, text)) {
        return value;
    }
    let value = V::from(body(tenant, text));
    table.insert(Owned::new(tenant, text), value.clone());
    value
}

pub struct Moka;

impl Contender for Moka {
    const NAME: &'static str = "moka by hand";
    const WORD: &'static str = "moka";

    fn shared(tenant: u64, text: &str) -> impl Future<Output = Arc<str>> {
        call(&SHARED, tenant, text)
    }

    fn owned(tenant: u64, text: &str) -> impl Future<Output = String> {
        call(&OWNED, tenant, text)
    }

    async fn remove(tenant: u64, text: &str) {
        SHARED.invalidate(&Borrowed(tenant, text));
    }
}
