#![allow(unused)]
use cachery::cached;

struct State<T>(T);
struct App;

#[cached(ttl = 60, skip(app))]
async fn order(State(app): State<App>, id: u64) -> u64 {
    id
}

fn main() {}
