use cachery::caches;

caches! {
    static TENANT: Tag<u64> = {};
}

fn main() {}
