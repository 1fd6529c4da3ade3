use cachery::cached;

#[cached(ttl = 60, local, memory_ttl = 10)]
async fn double(n: u64) -> u64 {
    n * 2
}

#[cached(ttl = 60, memory_ttl = 0)]
async fn triple(n: u64) -> u64 {
    n * 3
}

fn main() {}
