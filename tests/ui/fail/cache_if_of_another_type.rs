use cachery::{cached, caches};

#[cached(ttl = 60, cache_if = |value| value.len())]
async fn name(id: u64) -> String {
    id.to_string()
}

caches! {
    static NAMES: Cache<u64, String> = { name: "names", ttl: 60, cache_if: |value| value.leng() > 0 };
}

fn main() {}
