use cachery::cached;

#[cached(name = "", ttl = 0, capacity = "many", version = -1, skip(pol), tll = 3)]
async fn order(pool: &str, id: u64) -> Option<u64> {
    _ = pool;
    Some(id)
}

async fn used() {
    _ = order("pool", 1).await;
    order::put(1, Some(2)).await;
}

fn main() {}
