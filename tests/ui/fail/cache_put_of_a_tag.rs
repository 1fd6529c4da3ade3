#![allow(unused)]

use cachery::{cache_put, caches};

caches! {
    static TENANT: Tag<u64> = { name: "tenant" };
}

#[cache_put(TENANT(tenant))]
async fn import(tenant: u64) -> u64 {
    1
}

fn main() {}
