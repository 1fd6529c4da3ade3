#![allow(unused)]
use cachery::cached;

trait Orders {
    async fn order(&self, id: u64) -> u64;
}

struct Repo;

impl Orders for Repo {
    #[cached(ttl = 60, skip(self))]
    async fn order(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
