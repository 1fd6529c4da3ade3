use cachery::cached;

#[cached(ttl = 60, ttl_of = |value| *value)]
async fn double(n: u64) -> u64 {
    n * 2
}

#[cached(ttl = 60, ttl_of = 30)]
async fn triple(n: u64) -> u64 {
    n * 3
}

fn main() {}
