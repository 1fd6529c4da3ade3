use cachery::cached;

#[cached(ttl = 60)]
async fn round(n: f64) -> i64 {
    n as i64
}

fn main() {}
