use cachery::cached;

#[cached(ttl = 60, soft_timeout = "1s", stale_if_error = "1h")]
async fn price(id: u64) -> u64 {
    id
}

fn main() {}
