use cachery::cached;

#[cached(ttl = 99_999_999_999)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
