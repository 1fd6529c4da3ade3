use cachery::cached;

#[cached(ttl = 60, key(n + by), skip(by))]
async fn double(n: u64, by: u64) -> u64 {
    n * by
}

fn main() {}
