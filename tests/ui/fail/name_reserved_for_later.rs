use cachery::cached;

#[cached(name = "max_bytes", ttl = 60)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
