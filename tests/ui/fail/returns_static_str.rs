use cachery::cached;

#[cached(ttl = 60)]
async fn name(id: u64) -> &'static str {
    _ = id;
    "Ada"
}

fn main() {}
