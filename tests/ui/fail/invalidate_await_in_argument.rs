#![allow(unused)]

use cachery::{cached, invalidate};

struct Db;

#[cached(ttl = 60, skip(db))]
async fn profile(db: &Db, id: u64, name: &str) -> u64 {
    id + name.len() as u64
}

#[invalidate(profile(_, next().await, name))]
async fn rename(name: &str) {}

async fn next() -> u64 {
    1
}

fn main() {}
