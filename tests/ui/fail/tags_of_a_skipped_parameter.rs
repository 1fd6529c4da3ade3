#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static TENANT: Tag<u64> = { name: "tenant" };
}

#[cached(ttl = 60, skip(tenant), tags(TENANT(tenant)))]
async fn report(tenant: u64, day: u32) -> u64 {
    1
}

fn main() {}
