#![allow(unused)]

use cachery::{CacheKey, cached, caches};

#[derive(Clone, Copy, CacheKey)]
struct UserId(u64);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct User;

caches! {
    static USERS: Cache<UserId, User> = { name: "users", ttl: 60 };
}

#[cached(cache = USERS)]
async fn user<T: Default>(id: UserId) -> User {
    User
}

fn main() {}
