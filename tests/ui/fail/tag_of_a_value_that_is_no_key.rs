use cachery::caches;

struct Tenant;

caches! {
    static TENANT: Tag<Tenant> = { name: "tenant" };
}

fn main() {}
