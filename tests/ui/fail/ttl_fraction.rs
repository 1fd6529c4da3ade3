use cachery::cached;

#[cached(ttl = 1.5)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
