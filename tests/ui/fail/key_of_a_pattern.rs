use cachery::cached;

#[cached(ttl = 60, key(a))]
async fn double((a, b): (u64, u64)) -> u64 {
    a * b
}

fn main() {}
