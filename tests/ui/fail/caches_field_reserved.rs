use cachery::caches;

caches! {
    static USERS: Cache<u64, String> = { name: "users", ttl: 60, budget: 1_000 };
}

fn main() {}
