use std::time::Duration;

use cachery::{cached, caches};

caches! {
    static NUMBERS: Cache<u64, u64> = { name: "numbers", ttl: 60 };
}

#[cached(cache = NUMBERS, ttl_of = |value| Duration::from_secs(*value))]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
