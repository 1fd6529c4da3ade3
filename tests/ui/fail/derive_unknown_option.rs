use cachery::CacheKey;

#[derive(CacheKey)]
struct Query {
    #[cache_key(skp)]
    text: String,
}

fn main() {}
