use cachery::cached;

#[cached(ttl = 60, key(tenent, n))]
async fn double(tenant: u64, n: u64) -> u64 {
    tenant + n
}

fn main() {}
