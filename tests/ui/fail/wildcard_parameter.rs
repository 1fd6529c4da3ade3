use cachery::cached;

#[cached(ttl = 60)]
async fn one(_: u64) -> u64 {
    1
}

fn main() {}
