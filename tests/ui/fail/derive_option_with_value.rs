use cachery::CacheKey;

#[derive(CacheKey)]
struct Query {
    #[cache_key(skip = true)]
    text: String,
}

fn main() {}
