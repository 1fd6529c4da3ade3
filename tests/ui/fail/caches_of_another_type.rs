#![allow(unused)]

use cachery::{CacheKey, cached, caches};

#[derive(Clone, Copy, CacheKey)]
struct UserId(u64);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User;

caches! {
    static USERS: HashMap<UserId, User> = { name: "users", ttl: 60 };
}

fn main() {}
