//! Where a cache keeps its entries can be said; `local` agrees with memory.

use cachery::cached;

#[cached(ttl = 60, backend = "memory")]
pub async fn in_memory(id: u8) -> u8 {
    id
}

#[cached(ttl = 60, backend = "redis")]
pub async fn in_redis(id: u8) -> u8 {
    id
}

#[cached(ttl = 60, backend = "tiered")]
pub async fn in_both(id: u8) -> u8 {
    id
}

#[derive(Clone)]
pub struct NotSerializable;

#[cached(ttl = 60, local, backend = "memory")]
pub async fn stays_here(_id: u8) -> NotSerializable {
    NotSerializable
}
