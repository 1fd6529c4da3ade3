use cachery::cached;

#[cached(ttl = 60, refresh = "100%")]
async fn all(id: u64) -> u64 {
    id
}

#[cached(ttl = 60, refresh = 80)]
async fn number(id: u64) -> u64 {
    id
}

fn main() {}
