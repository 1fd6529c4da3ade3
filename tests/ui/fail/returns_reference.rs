use cachery::cached;

#[cached(ttl = 60)]
async fn name(id: &u64) -> &u64 {
    id
}

fn main() {}
