#![allow(unused)]
use cachery::cached;

struct Repo;

#[cached]
impl Repo {
    #[cached(ttl = 60, skip(self))]
    async fn order(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
