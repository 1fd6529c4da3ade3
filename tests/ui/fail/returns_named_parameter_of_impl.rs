use cachery::cached;

struct Repo<Value>(Value);

impl<Value: cachery::value::CacheValue> Repo<Value> {
    #[cached(ttl = 60, skip(self))]
    async fn get(&self, id: u64) -> Value {
        _ = id;
        self.0.clone()
    }
}

fn main() {}
