use cachery::cached;

#[cached(ttl = 60)]
async fn store(n: u64) -> Result<(), u8> {
    _ = n;
    Ok(())
}

fn main() {}
