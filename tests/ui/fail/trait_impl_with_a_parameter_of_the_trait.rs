#![allow(unused)]
use cachery::cached;

trait Orders<K> {
    async fn order(&self, id: u64) -> u64;
}

struct Repo;

#[cached]
impl<K> Orders<K> for Repo {
    #[cached(ttl = 60, skip(self))]
    async fn order(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
