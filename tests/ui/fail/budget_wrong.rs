use cachery::cached;

#[cached(ttl = 60, budget = "50/day")]
async fn free(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[cached(ttl = 60, cost = 0.03, budget = "50")]
async fn endless(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[cached(ttl = 60, cost = 0.03, budget = 50)]
async fn number(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
