use cachery::cached;

struct Failure;

#[cached(ttl = 60, share_err = |error| ())]
async fn double(n: u64) -> Result<u64, Failure> {
    if n > 9 { Err(Failure) } else { Ok(n * 2) }
}

#[cached(ttl = 60, share_err = "clone")]
async fn triple(n: u64) -> Result<u64, Failure> {
    if n > 9 { Err(Failure) } else { Ok(n * 3) }
}

fn main() {}
