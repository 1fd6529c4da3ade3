use cachery::cached;

#[cached(ttl = 24 * 3600)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
