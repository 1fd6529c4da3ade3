#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static AUTHOR: Tag<u64> = { name: "author" };
}

#[cached(ttl = 60, tags(AUTHOR(result.len())))]
async fn report(day: u32) -> String {
    String::new()
}

fn main() {}
