use cachery::CacheKey;

#[derive(CacheKey)]
struct Query {
    #[cache_key()]
    text: String,
}

fn main() {}
