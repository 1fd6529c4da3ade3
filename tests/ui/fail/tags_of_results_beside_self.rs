#![allow(unused)]

use cachery::{cached, caches};

caches! {
    static TEXT: Tag<(u64, u64)> = { name: "text" };
}

struct Shop(u64);

impl Shop {
    #[cached(ttl = 60, key(self.0, id), tags(TEXT(self.0, result)))]
    async fn item(&self, id: u64) -> u64 {
        1
    }
}

fn main() {}
