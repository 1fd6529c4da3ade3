//! Our attribute, with its default engine and on moka.

use std::{future::Future, sync::Arc};

use super::{Contender, body};

#[cachery::cached(name = "bench", ttl = 3600, capacity = 2_000_000)]
async fn ours(tenant: u64, text: &str) -> Arc<str> {
    body(tenant, text).into()
}

#[cachery::cached(name = "bench-owned", ttl = 3600, capacity = 2_000_000)]
async fn owned(tenant: u64, text: &str) -> String {
    body(tenant, text)
}

pub struct Ours;

impl Contender for Ours {
    const NAME: &'static str = "`#[cachery::cached]`";
    const WORD: &'static str = "ours";

    fn shared(tenant: u64, text: &str) -> impl Future<Output = Arc<str>> {
        ours(tenant, text)
    }

    fn owned(tenant: u64, text: &str) -> impl Future<Output = String> {
        owned(tenant, text)
    }

    async fn remove(tenant: u64, text: &str) {
        ours::invalidate(tenant, text).await;
    }
}

#[cachery::cached(name = "bench-moka", ttl = 3600, capacity = 2_000_000, engine = "moka")]
async fn on_moka(tenant: u64, text: &str) -> Arc<str> {
    body(tenant, text).into()
}

#[cachery::cached(name = "bench-moka-owned", ttl = 3600, capacity = 2_000_000, engine = "moka")]
async fn on_moka_owned(tenant: u64, text: &str) -> String {
    body(tenant, text)
}

pub struct OursOnMoka;

impl Contender for OursOnMoka {
    const NAME: &'static str = "cachery, `engine = \"moka\"`";
    const WORD: &'static str = "ours-on-moka";

    fn shared(tenant: u64, text: &str) -> impl Future<Output = Arc<str>> {
        on_moka(tenant, text)
    }

    fn owned(tenant: u64, text: &str) -> impl Future<Output = String> {
        on_moka_owned(tenant, text)
    }

    async fn remove(tenant: u64, text: &str) {
        on_moka::invalidate(tenant, text).await;
    }
}
