use cachery::cached;

#[derive(Clone)]
struct Order {
    lines: Vec<String>,
}

#[cached(ttl = 60, local, max_bytes = "64MiB")]
async fn order(id: u64) -> Result<Order, std::fmt::Error> {
    Ok(Order { lines: vec![id.to_string()] })
}

fn main() {}
