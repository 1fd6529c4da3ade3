#![allow(unused)]
use cachery::cached;

#[cached(ttl = 60, companions = "orders")]
async fn order(id: u64) -> u64 {
    id
}

fn main() {}
