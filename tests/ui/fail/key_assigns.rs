use cachery::cached;

#[cached(ttl = 60, key(id = 3))]
async fn double(id: u64) -> u64 {
    id * 2
}

fn main() {}
