use cachery::cached;

#[cached(ttl = 60)]
async fn first<T: Iterator<Item: Clone>>(id: u64) -> T::Item {
    _ = id;
    todo!()
}

fn main() {}
