use cachery::cached;

struct Repo;

impl Repo {
    #[cached(ttl = 60, key(id + 1))]
    async fn order(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
