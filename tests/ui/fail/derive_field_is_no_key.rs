use cachery::CacheKey;

#[derive(CacheKey)]
struct Query {
    text: String,
    factor: f64,
}

fn main() {}
