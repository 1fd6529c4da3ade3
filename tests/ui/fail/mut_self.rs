use cachery::cached;

struct Repo(u64);

impl Repo {
    #[cached(ttl = 60, skip(self))]
    async fn count(&mut self, id: u64) -> u64 {
        self.0 += id;
        self.0
    }
}

fn main() {}
