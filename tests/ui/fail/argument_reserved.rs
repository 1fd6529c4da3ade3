use cachery::cached;

#[cached(ttl = 60, stale = 30, tags(TENANT(n)))]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
