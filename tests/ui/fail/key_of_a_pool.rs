#![allow(unused)]
use cachery::cached;

struct PgPool;

#[cached(ttl = 60)]
async fn order(db: &PgPool, id: u64) -> u64 {
    id
}

fn main() {}
