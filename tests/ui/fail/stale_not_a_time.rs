use cachery::cached;

#[cached(ttl = 60, stale = 10.5, stale_if_error = "soon", retry_after = "off")]
async fn double(n: u64) -> u64 {
    2 * n
}

fn main() {}
