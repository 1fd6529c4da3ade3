use cachery::cached;

#[cached(ttl = 60)]
async fn search<T>(query: T, page: u64) -> u64 {
    _ = query;
    page
}

fn main() {}
