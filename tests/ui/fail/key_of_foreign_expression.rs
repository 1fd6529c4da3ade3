use cachery::cached;

struct Query {
    factor: f64,
}

#[cached(ttl = 60, key(query.factor, page))]
async fn search(query: &Query, page: u64) -> u64 {
    _ = query;
    page
}

fn main() {}
