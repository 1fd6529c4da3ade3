use cachery::{cached, caches};

#[cached(ttl = 60, err_ttl = 10, share_err = |error| error.clone())]
async fn double(n: u64) -> u64 {
    n * 2
}

caches! {
    static NUMBERS: Cache<u64, u64> = { name: "numbers", ttl: 60, err_ttl: 10 };
}

#[cached(cache = NUMBERS, err_ttl = 10)]
async fn triple(n: u64) -> Result<u64, String> {
    Ok(n * 3)
}

fn main() {}
