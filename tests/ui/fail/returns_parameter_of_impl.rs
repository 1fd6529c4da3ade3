use cachery::cached;

struct Repo<T>(T);

impl<T: Clone> Repo<T> {
    #[cached(ttl = 60, skip(self))]
    async fn get(&self, id: u64) -> T {
        _ = id;
        self.0.clone()
    }
}

fn main() {}
