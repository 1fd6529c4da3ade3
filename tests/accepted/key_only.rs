//! A parameter that only forms the key is used.

use cachery::{cached, caches};

caches! {
    static NAMES: Cache<(u64, String), String> = { name: "names-by-tenant", ttl: 60 };
}

#[cached(ttl = 60)]
pub async fn whole(tenant: u64, id: u64) -> u64 {
    id
}

#[cached(ttl = 60, key(text.trim()))]
pub async fn named(tenant: u64, text: &str) -> u64 {
    #![allow(clippy::let_and_return)]
    let one = 1;
    one
}

#[cached(cache = NAMES)]
pub async fn declared(tenant: u64, name: String) -> String {
    String::new()
}

pub struct Repo(u64);

impl Repo {
    #[cached(ttl = 60, key(self.0, id))]
    pub async fn method(&self, id: u64, tenant: u64) -> u64 {
        self.0
    }
}
