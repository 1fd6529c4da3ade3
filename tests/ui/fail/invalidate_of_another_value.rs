#![allow(unused)]

use cachery::{cached, invalidate};

struct Db;

#[cached(ttl = 60, skip(db))]
async fn profile(db: &Db, id: u64, name: &str) -> u64 {
    id + name.len() as u64
}

struct Repo;

impl Repo {
    #[cached(ttl = 60, skip(self))]
    async fn order(&self, id: u64) -> u64 {
        id
    }
}

#[invalidate(repo.order(id))]
async fn cancel(repo: &Repo, id: u64) {}

fn main() {}
