use cachery::cached;

#[cached(ttl = 60, skip(&db))]
async fn find(db: &u64, id: u64) -> u64 {
    db + id
}

fn main() {}
