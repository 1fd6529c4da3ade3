use cachery::CacheKey;

#[derive(CacheKey)]
#[cache_key(skip)]
struct Query {
    text: String,
}

fn main() {}
