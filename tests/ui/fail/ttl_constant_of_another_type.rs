#![allow(unused)]
use cachery::cached;

const HOUR: &str = "1h";

#[cached(ttl = HOUR)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
