#![allow(unused)]
use cachery::cached;

fn tenant() -> u64 {
    7
}

#[cached(ttl = 60, key(tenant(), id))]
async fn order(id: u64) -> u64 {
    id
}

fn main() {}
