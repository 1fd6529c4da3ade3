#![allow(unused)]

use cachery::{cached, invalidate};

struct Db;

#[cached(ttl = 60, skip(db))]
async fn profile(db: &Db, id: u64, name: &str) -> u64 {
    id + name.len() as u64
}

#[invalidate(profile(_, id))]
async fn rename(id: u64, name: &str) {}

fn main() {}
