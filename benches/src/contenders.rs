//! The same function, cached by each contender.

use std::sync::{Arc, LazyLock};

use equivalent::Equivalent;
use moka::sync::Cache;

pub const NAMES: [&str; 5] = [
    "moka by hand, no expiry",
    "moka by hand, ttl",
    "cachery #[cached]",
    "cached 4.1 #[concurrent_cached]",
    "cached 4.1 #[cached]",
];

fn body(tenant: u64, text: &str) -> Arc<str> {
    format!("{tenant}: {text}").into()
}

#[cachery::cached(name = "bench", ttl = 3600)]
pub async fn ours(tenant: u64, text: &str) -> Arc<str> {
    body(tenant, text)
}

#[cached::macros::concurrent_cached(
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (tenant, text.to_owned()) }"#
)]
pub async fn peer_concurrent(tenant: u64, text: &str) -> Arc<str> {
    body(tenant, text)
}

#[cached::macros::cached(
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (tenant, text.to_owned()) }"#
)]
pub async fn peer_locked(tenant: u64, text: &str) -> Arc<str> {
    body(tenant, text)
}

/// A key that owns, and one that borrows, hashed and compared alike.
#[derive(Hash, PartialEq, Eq)]
struct Owned(u64, String);

#[derive(Hash)]
struct Borrowed<'a>(u64, &'a str);

impl Equivalent<Owned> for Borrowed<'_> {
    fn equivalent(&self, key: &Owned) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

type Moka = Cache<Owned, Arc<str>, foldhash::fast::RandomState>;

static PLAIN: LazyLock<Moka> = LazyLock::new(|| {
    Cache::builder().max_capacity(10_000).build_with_hasher(foldhash::fast::RandomState::default())
});

static WITH_TTL: LazyLock<Moka> = LazyLock::new(|| {
    Cache::builder()
        .max_capacity(10_000)
        .time_to_live(std::time::Duration::from_secs(3600))
        .build_with_hasher(foldhash::fast::RandomState::default())
});

pub async fn moka_plain(tenant: u64, text: &str) -> Arc<str> {
    by_hand(&PLAIN, tenant, text)
}

pub async fn moka_with_ttl(tenant: u64, text: &str) -> Arc<str> {
    by_hand(&WITH_TTL, tenant, text)
}

fn by_hand(cache: &Moka, tenant: u64, text: &str) -> Arc<str> {
    if let Some(value) = cache.get(&Borrowed(tenant, text)) {
        return value;
    }
    let value = body(tenant, text);
    cache.insert(Owned(tenant, text.to_owned()), Arc::clone(&value));
    value
}
