#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static AUTHOR: Tag<u64> = { name: "author" };
}

#[cached(ttl = 60, tags(AUTHOR(result.author)))]
async fn report(day: u32) -> Result<Option<(u64, u64)>, u8> {
    Ok(None)
}

fn main() {}
