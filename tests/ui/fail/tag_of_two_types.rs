use cachery::caches;

caches! {
    static TENANT: Tag<u64, u64> = { name: "tenant" };
}

fn main() {}
