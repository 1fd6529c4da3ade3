//! The same function, cached by each contender.

use std::sync::{Arc, LazyLock};

use equivalent::Equivalent;

/// Our own, and then its peers.
pub const NAMES: [&str; 6] = [
    "`#[cachery::cached]`",
    "cachery, `engine = \"moka\"`",
    "`#[cached::concurrent_cached]`",
    "`#[cached::cached]`",
    "quick_cache by hand",
    "moka by hand",
];

/// Room for all keys of the largest load.
const CAPACITY: u64 = 2_000_000;

fn body(tenant: u64, text: &str) -> Arc<str> {
    format!("{tenant}: {text}").into()
}

#[cachery::cached(name = "bench-moka", ttl = 3600, capacity = 2_000_000, engine = "moka")]
pub async fn ours_on_moka(tenant: u64, text: &str) -> Arc<str> {
    body(tenant, text)
}

#[cachery::cached(name = "bench", ttl = 3600, capacity = 2_000_000)]
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

type Moka = moka::sync::Cache<Owned, Arc<str>, foldhash::fast::RandomState>;

static MOKA: LazyLock<Moka> = LazyLock::new(|| {
    moka::sync::Cache::builder()
        .max_capacity(CAPACITY)
        .time_to_live(std::time::Duration::from_secs(3600))
        .build_with_hasher(foldhash::fast::RandomState::default())
});

pub async fn moka_by_hand(tenant: u64, text: &str) -> Arc<str> {
    if let Some(value) = MOKA.get(&Borrowed(tenant, text)) {
        return value;
    }
    let value = body(tenant, text);
    MOKA.insert(Owned(tenant, text.to_owned()), Arc::clone(&value));
    value
}

type Quick = quick_cache::sync::Cache<
    Owned,
    Arc<str>,
    quick_cache::UnitWeighter,
    foldhash::fast::RandomState,
>;

static QUICK: LazyLock<Quick> = LazyLock::new(|| {
    Quick::with(
        CAPACITY as usize,
        CAPACITY,
        quick_cache::UnitWeighter,
        foldhash::fast::RandomState::default(),
        quick_cache::sync::DefaultLifecycle::default(),
    )
});

pub async fn quick_by_hand(tenant: u64, text: &str) -> Arc<str> {
    if let Some(value) = QUICK.get(&Borrowed(tenant, text)) {
        return value;
    }
    let value = body(tenant, text);
    QUICK.insert(Owned(tenant, text.to_owned()), Arc::clone(&value));
    value
}
