use cachery::caches;

caches! {
    static TENANT: Tag<u64> = { name: "tenant" };
}

fn main() {}
