//! `cachet`, which has no attribute: its call that gets or inserts, with a ttl. It takes a borrowed
//! key only where the owned key borrows as it, so a hit makes an owned one.

use std::{
    future::Future,
    sync::{Arc, LazyLock},
};

use cachet::Cache;
use tick::Clock;

use super::{CAPACITY, Contender, TTL, body};

type Table<V> = Cache<(u64, String), V>;

static SHARED: LazyLock<Table<Arc<str>>> = LazyLock::new(table);
static OWNED: LazyLock<Table<String>> = LazyLock::new(table);

fn table<V: Clone + Send + Sync + 'static>() -> Table<V> {
    let builder = Cache::builder(Clock::new_tokio());
    builder.memory_with(|memory| memory.max_capacity(CAPACITY)).ttl(TTL).build()
}

async fn call<V>(table: &Table<V>, tenant: u64, text: &str) -> V
where
    V: From<String> + Clone + Send + Sync + 'static,
{
    let key = (tenant, text.to_owned());
    let entry = table.get_or_insert(&key, || async { V::from(body(tenant, text)) }).await;
    entry.expect("memory does not fail").into_value()
}

pub struct Cachet;

impl Contender for Cachet {
    const NAME: &'static str = "cachet";
    const WORD: &'static str = "cachet";

    fn shared(tenant: u64, text: &str) -> impl Future<Output = Arc<str>> {
        call(&SHARED, tenant, text)
    }

    fn owned(tenant: u64, text: &str) -> impl Future<Output = String> {
        call(&OWNED, tenant, text)
    }

    async fn remove(tenant: u64, text: &str) {
        SHARED.invalidate(&(tenant, text.to_owned())).await.expect("memory does not fail");
    }
}
