#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static TENANT: Tag<u64> = { name: "tenant" };
}

#[cached(ttl = 60, tags(TENANT(name)))]
async fn report(name: &str) -> u64 {
    1
}

fn main() {}
