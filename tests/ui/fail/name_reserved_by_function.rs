use cachery::cached;

#[cached(ttl = 60)]
async fn key(n: u64) -> u64 {
    n * 2
}

fn main() {}
