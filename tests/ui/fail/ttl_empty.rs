use cachery::cached;

#[cached(ttl = "")]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
