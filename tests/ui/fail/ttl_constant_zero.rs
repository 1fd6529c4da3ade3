#![allow(unused)]
use cachery::cached;

const NOTHING: u64 = 0;

#[cached(ttl = NOTHING)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
