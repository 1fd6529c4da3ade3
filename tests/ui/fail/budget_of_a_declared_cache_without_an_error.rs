use cachery::{cached, caches};

caches! {
    static ANSWERS: Cache<u64, u64> = { name: "answers", ttl: 60, cost: 0.03, budget: "50/day" };
}

#[cached(cache = ANSWERS)]
async fn plain(id: u64) -> u64 {
    id
}

#[cached(cache = ANSWERS)]
async fn fallible(id: u64) -> Result<u64, std::num::ParseIntError> {
    Ok(id)
}

fn main() {}
