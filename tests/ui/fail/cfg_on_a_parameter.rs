use cachery::cached;

#[cached(ttl = 60)]
async fn double(n: u64, #[cfg(unix)] by: u64) -> u64 {
    n * by
}

fn main() {}
