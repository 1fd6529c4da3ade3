use cachery::cached;

#[cached(ttl = 60, cost = |answer| answer.len())]
async fn answer(id: u64) -> String {
    id.to_string()
}

fn main() {}
