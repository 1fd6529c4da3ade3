use cachery::cached;

#[cached(ttl = 5m)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
