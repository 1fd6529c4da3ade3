use cachery::caches;

caches! {
    static TENANT: Tag<u64> = { nam: "tenant", ttl: 60 };
}

fn main() {}
