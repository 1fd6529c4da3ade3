#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static TEXT: Tag<(u64, u64)> = { name: "text" };
}

#[cached(ttl = 60, tags(TEXT(tenant, result)))]
async fn report(tenant: u64, day: u32) -> u64 {
    1
}

fn main() {}
