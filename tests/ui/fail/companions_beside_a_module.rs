#![allow(unused)]
use cachery::cached;

mod settings {}

#[cached(ttl = 60)]
async fn settings(id: u64) -> u64 {
    id
}

fn main() {}
