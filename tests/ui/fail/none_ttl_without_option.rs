use cachery::{cached, caches};

#[cached(ttl = 60, none_ttl = 10)]
async fn double(n: u64) -> u64 {
    n * 2
}

caches! {
    static NAMES: Cache<u64, String> = { name: "names", ttl: 60, none_ttl: 10 };
}

fn main() {}
