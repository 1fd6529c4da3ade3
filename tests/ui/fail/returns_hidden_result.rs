use cachery::cached;

type Answer = Result<u64, String>;

#[cached(ttl = 60)]
async fn double(n: u64) -> Answer {
    Ok(n * 2)
}

fn main() {}
