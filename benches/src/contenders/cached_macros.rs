//! The two attributes of `cached` for async functions. Both take keys that own.

use std::{future::Future, sync::Arc};

use cached::{Cached as _, ConcurrentCachedAsync as _};

use super::{Contender, body};

#[cached::macros::concurrent_cached(
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (tenant, text.to_owned()) }"#
)]
async fn concurrent(tenant: u64, text: &str) -> Arc<str> {
    body(tenant, text).into()
}

#[cached::macros::concurrent_cached(
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (tenant, text.to_owned()) }"#
)]
async fn concurrent_owned(tenant: u64, text: &str) -> String {
    body(tenant, text)
}

pub struct CachedConcurrent;

impl Contender for CachedConcurrent {
    const NAME: &'static str = "`#[cached::concurrent_cached]`";
    const WORD: &'static str = "concurrent";

    fn shared(tenant: u64, text: &str) -> impl Future<Output = Arc<str>> {
        concurrent(tenant, text)
    }

    fn owned(tenant: u64, text: &str) -> impl Future<Output = String> {
        concurrent_owned(tenant, text)
    }

    async fn remove(tenant: u64, text: &str) {
        let cache = CONCURRENT.get().expect("it was called");
        _ = cache.async_cache_remove(&(tenant, text.to_owned())).await;
    }
}

#[cached::macros::cached(
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (tenant, text.to_owned()) }"#
)]
async fn locked(tenant: u64, text: &str) -> Arc<str> {
    body(tenant, text).into()
}

#[cached::macros::cached(
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (tenant, text.to_owned()) }"#
)]
async fn locked_owned(tenant: u64, text: &str) -> String {
    body(tenant, text)
}

pub struct CachedLocked;

impl Contender for CachedLocked {
    const NAME: &'static str = "`#[cached::cached]`";
    const WORD: &'static str = "locked";

    fn shared(tenant: u64, text: &str) -> impl Future<Output = Arc<str>> {
        locked(tenant, text)
    }

    fn owned(tenant: u64, text: &str) -> impl Future<Output = String> {
        locked_owned(tenant, text)
    }

    async fn remove(tenant: u64, text: &str) {
        _ = LOCKED.write().await.cache_remove(&(tenant, text.to_owned()));
    }
}
