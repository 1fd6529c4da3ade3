use cachery::cached;

#[cached(ttl = 60, skip(db))]
async fn double() -> u64 {
    2
}

fn main() {}
