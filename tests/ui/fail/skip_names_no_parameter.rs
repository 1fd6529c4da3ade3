use cachery::cached;

#[cached(ttl = 60, skip(dp))]
async fn double(db: &u64, n: u64) -> u64 {
    db + n
}

fn main() {}
