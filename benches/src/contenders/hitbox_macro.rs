//! The attribute of `hitbox` on its store in memory. It refuses a parameter that borrows, so a hit
//! makes an owned one; and values are stored as bytes, here in the faster of its formats, so a hit
//! reads them anew. Its removal wants the key that the attribute has made, so that is made by hand.

use std::sync::{Arc, LazyLock};

use hitbox::{CacheKey, Extractor as _, backend::Backend as _, policy::PolicyConfig};
use hitbox_backend::format::BincodeFormat;
use hitbox_fn::{Arg, Args, Cache, CacheableResponse, FnExtractor};
use hitbox_moka::MokaBackend;
use serde::{Deserialize, Serialize};

use super::{CAPACITY, Contender, TTL, body};

static CACHE: LazyLock<Cache<MokaBackend<BincodeFormat>>> = LazyLock::new(|| {
    let backend = MokaBackend::builder().max_entries(CAPACITY).value_format(BincodeFormat).build();
    let policy = PolicyConfig::builder().ttl(TTL).build();
    Cache::builder().backend(backend).policy(policy).build()
});

/// The attribute caches no `Arc<str>` by itself.
#[derive(Clone, Serialize, Deserialize, CacheableResponse)]
struct Value {
    text: Arc<str>,
}

#[hitbox_fn::cached]
async fn shared(tenant: u64, text: String) -> Value {
    Value { text: body(tenant, &text).into() }
}

#[hitbox_fn::cached]
async fn owned(tenant: u64, text: String) -> String {
    body(tenant, &text)
}

/// The key of `shared`, whose path is its name alone.
async fn key(tenant: u64, text: &str) -> CacheKey {
    let args = Args((Arg::new("tenant", tenant), Arg::new("text", text.to_owned())));
    let (_, key) = FnExtractor::new("shared").get(args).await.into_cache_key();
    key
}

pub struct Hitbox;

impl Contender for Hitbox {
    const NAME: &'static str = "`#[hitbox_fn::cached]`";
    const WORD: &'static str = "hitbox";

    async fn shared(tenant: u64, text: &str) -> Arc<str> {
        shared(tenant, text.to_owned()).cache(&*CACHE).await.text
    }

    async fn owned(tenant: u64, text: &str) -> String {
        owned(tenant, text.to_owned()).cache(&*CACHE).await
    }

    async fn remove(tenant: u64, text: &str) {
        let key = key(tenant, text).await;
        _ = CACHE.backend().remove(&key).await.expect("memory does not fail");
    }
}
