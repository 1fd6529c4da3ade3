//! quick_cache without expiry, by hand.

use std::{
    future::Future,
    sync::{Arc, LazyLock},
};

use quick_cache::{UnitWeighter, sync::DefaultLifecycle};

use super::{
    CAPACITY, Contender, body,
    keys::{Borrowed, Hasher, Owned},
};

type Table<V> = quick_cache::sync::Cache<Owned, V, UnitWeighter, Hasher>;

static SHARED: LazyLock<Table<Arc<str>>> = LazyLock::new(table);
static OWNED: LazyLock<Table<String>> = LazyLock::new(table);

fn table<V: Clone>() -> Table<V> {
    let lifecycle = DefaultLifecycle::default();
    Table::with(CAPACITY as usize, CAPACITY, UnitWeighter, Hasher::default(), lifecycle)
}

async fn call<V: From<String> + Clone>(table: &Table<V>, tenant: u64, text: &str) -> V {
    if let Some(value) = table.get(&Borrowed(tenant, text)) {
        return value;
    }
    let value = V::from(body(tenant, text));
    table.insert(Owned::new(tenant, text), value.clone());
    value
}

pub struct Quick;

impl Contender for Quick {
    const NAME: &'static str = "quick_cache by hand";
    const WORD: &'static str = "quick";

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
