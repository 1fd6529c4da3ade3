use cachery::cached;

struct State<T>(T);

#[cached(ttl = 60, skip(app))]
async fn handler(State(app): State<u64>, id: u64) -> u64 {
    app + id
}

fn main() {}
