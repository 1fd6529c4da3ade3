use cachery::cached;

type MyResult = Option<u64>;

struct Repo;

impl Repo {
    #[cached(ttl = 60, skip(self))]
    async fn find(&self, n: u64) -> MyResult {
        Some(n)
    }
}

fn main() {}
