use cachery::cached;

type ApiResult<T> = Result<T, u8>;

#[cached(ttl = 60)]
async fn store(n: u64) -> ApiResult<()> {
    _ = n;
    Ok(())
}

fn main() {}
