use cachery::cached;

struct Failure;

#[cached(ttl = 60, err_ttl = 10)]
async fn double(n: u64) -> Result<u64, Failure> {
    if n > 9 { Err(Failure) } else { Ok(n * 2) }
}

fn main() {}
