#![allow(unused, non_camel_case_types)]
use cachery::cached;

#[cached(ttl = 60)]
async fn order(id: u64) -> u64 {
    order { id }.id
}

struct order {
    id: u64,
}

fn main() {}
