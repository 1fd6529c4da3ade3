use cachery::cached;

#[cached(ttl = 60)]
async fn double(n: u64) -> u64 {
    let twice = n * 2;
    twice.to_string()
}

fn main() {}
