use cachery::cached;

#[cached(ttl = "x")]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
