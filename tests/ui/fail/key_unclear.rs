use cachery::cached;

#[cached(ttl = 60, key(zzz))]
async fn add(a: u64, b: u64) -> u64 {
    a + b
}

async fn stored() -> Option<u64> {
    _ = Box::pin(stored());
    add::peek(1, 2).await
}

fn main() {}
