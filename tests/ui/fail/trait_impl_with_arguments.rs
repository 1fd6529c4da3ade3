#![allow(unused)]
use cachery::cached;

trait Orders {
    async fn order(&self, id: u64) -> u64;
}

struct Repo;

#[cached(ttl = 60)]
impl Orders for Repo {
    async fn order(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
