#![allow(unused)]

use cachery::{CacheKey, cached, caches};

#[derive(Clone, Copy, CacheKey)]
struct UserId(u64);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User;

struct Secret;

caches! {
    static USERS: Cache<UserId, Secret> = { name: "users", ttl: 60 };
}

fn main() {}
