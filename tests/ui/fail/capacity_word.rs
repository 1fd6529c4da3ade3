use cachery::cached;

#[cached(ttl = 60, capacity = "many")]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
