use cachery::cached;

#[cached(ttl = 60)]
async fn store(n: u64) -> () {
    _ = n;
}

fn main() {}
