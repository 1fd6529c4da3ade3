use cachery::cached;

#[cached(ttl = 60, skip(db))]
async fn order(db: &str, id: u64) -> u64 {
    _ = db;
    id
}

async fn used() {
    order::peek("db", 1).await;
}

fn main() {}
