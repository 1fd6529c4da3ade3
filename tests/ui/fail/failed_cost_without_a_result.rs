use cachery::cached;

#[cached(ttl = 60, failed_cost = |_| 0.5)]
async fn answer(id: u64) -> u64 {
    id
}

fn main() {}
