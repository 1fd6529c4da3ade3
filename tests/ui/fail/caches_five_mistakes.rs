#![allow(unused)]

use cachery::{CacheKey, cached, caches};

#[derive(Clone, Copy, CacheKey)]
struct UserId(u64);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User;

caches! {
    static USERS: Cache<UserId, User> = { name: "", ttl: 0, capacity: 0, backend: "disk", tll: 1 };
}

fn main() {}
