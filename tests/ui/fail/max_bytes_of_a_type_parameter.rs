use cachery::cached;

#[cached(ttl = 60, max_bytes = "64MiB")]
async fn all<T: cachery::value::CacheValue>(n: u64) -> Vec<T> {
    _ = n;
    vec![]
}

fn main() {}
