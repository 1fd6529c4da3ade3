//! Parameters may be called like anything in the expansion.
#![allow(non_snake_case)]

use cachery::cached;

#[cached(ttl = 60)]
pub async fn value(key: u8, __key: u8, value: u8, cache: u8, load: u8, arg0: u8, SITE: u8) -> u8 {
    key + __key + value + cache + load + arg0 + SITE
}

pub struct Site;
pub struct Tag;
pub struct KeyEncoder;

#[cached(ttl = 60)]
pub async fn peek(id: u8, _id: u8, __id: u8) -> u8 {
    id
}

pub async fn used() {
    value::put(1, 2, 3, 4, 5, 6, 7, 8).await;
    peek::peek(1, 2, 3).await;
}
