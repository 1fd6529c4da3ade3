use cachery::cached;

#[cached(ttl = 60)]
async fn order(tenant: u64, id: &str) -> u64 {
    tenant + id.len() as u64
}

async fn used() {
    order::invalidate("a").await;
}

fn main() {}
