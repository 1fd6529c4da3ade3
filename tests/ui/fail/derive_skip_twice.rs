use cachery::CacheKey;

#[derive(CacheKey)]
struct Query {
    #[cache_key(skip)]
    #[cache_key(skip)]
    text: String,
}

fn main() {}
