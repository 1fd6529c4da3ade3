use cachery::cached;

#[cached(ttl = 60, key(id + 1))]
async fn fill(buffer: &mut Vec<u8>, id: u64) -> u64 {
    buffer.clear();
    id
}

fn main() {}
