use cachery::cached;

#[cached(ttl = 60)]
async fn make<T: Default>(id: u64) -> T {
    _ = id;
    T::default()
}

fn main() {}
