use cachery::cached;

#[cached(ttl = 60, max_bytes = "64 megabytes")]
async fn double(n: u64) -> u64 {
    n * 2
}

#[cached(ttl = 60, max_bytes = 1.5)]
async fn triple(n: u64) -> u64 {
    n * 3
}

fn main() {}
