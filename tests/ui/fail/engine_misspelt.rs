use cachery::cached;

#[cached(ttl = 60, engine = "mocka", eviction = "lur")]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
