use cachery::cached;

#[cached(ttl = 60, fail_safe = "24h")]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
