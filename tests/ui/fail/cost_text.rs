use cachery::cached;

#[cached(ttl = 60, cost = "3 cents")]
async fn answer(id: u64) -> u64 {
    id
}

fn main() {}
