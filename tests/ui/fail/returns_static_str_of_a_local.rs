use cachery::cached;

#[cached(ttl = 60, local)]
async fn name(id: u64) -> &'static str {
    _ = id;
    "Ada"
}

fn main() {}
