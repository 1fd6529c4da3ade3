#![allow(unused)]
use cachery::cached;

trait Orders {
    async fn order(&self, id: u64) -> u64;
}

#[cached]
impl Orders for Vec<u64> {
    #[cached(ttl = 60, skip(self))]
    async fn order(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
