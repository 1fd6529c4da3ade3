#![allow(unused)]

use cachery::{cached, cache_put};

struct Db;

#[cached(ttl = 60, skip(db))]
async fn profile(db: &Db, id: u64, name: &str) -> u64 {
    id + name.len() as u64
}

#[cache_put(before, profile(_, id, name))]
async fn save(id: u64, name: &str) -> u64 {
    id
}

fn main() {}
