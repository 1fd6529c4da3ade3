#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static TENANT: Tag<u64> = { name: "tenant" };
}

#[cached(ttl = 60, tags = TENANT)]
async fn report(tenant: u64) -> u64 {
    1
}

fn main() {}
