#![allow(unused)]
use cachery::cached;

struct Repo;

impl Repo {
    #[cached(ttl = 60, skip(self))]
    async fn order(&self, id: u64) -> u64 {
        id
    }

    async fn order_refresh(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
