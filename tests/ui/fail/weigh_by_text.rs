use cachery::cached;

#[cached(ttl = 60, weigh = "8")]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
