use cachery::cached;

struct Query;

#[cached(ttl = 60)]
async fn search(query: &Query, page: u64) -> u64 {
    _ = query;
    page
}

fn main() {}
