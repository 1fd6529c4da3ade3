use cachery::cached;

#[cached(ttl = 60, cost = 0.03, budget = "50/day")]
async fn plain(id: u64) -> u64 {
    id
}

#[cached(ttl = 60, cost = 0.03, budget = "50/day")]
async fn fallible(id: u64) -> Result<u64, std::num::ParseIntError> {
    Ok(id)
}

fn main() {}
