use cachery::cached;

#[cached(ttl = 60)]
async fn first<T: Iterator>(id: u64) -> <T as Iterator>::Item {
    _ = id;
    todo!()
}

fn main() {}
