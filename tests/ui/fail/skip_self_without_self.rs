use cachery::cached;

#[cached(ttl = 60, skip(self))]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
