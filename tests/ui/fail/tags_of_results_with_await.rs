#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static AUTHOR: Tag<u64> = { name: "author" };
}

#[cached(ttl = 60, tags(AUTHOR(result.author().await)))]
async fn report(day: u32) -> u64 {
    1
}

fn main() {}
