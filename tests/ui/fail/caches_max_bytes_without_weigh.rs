use cachery::caches;

#[derive(Clone)]
struct Order(Vec<String>);

caches! {
    static ORDERS: Cache<u64, Order> = { name: "orders", ttl: 60, local, max_bytes: "64MiB" };
}

fn main() {}
