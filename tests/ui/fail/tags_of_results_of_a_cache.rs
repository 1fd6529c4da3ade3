#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static USERS: Cache<u64, u64> = { name: "users", ttl: 60 };
}

#[cached(ttl = 60, tags(USERS(result)))]
async fn report(day: u32) -> u64 {
    1
}

fn main() {}
