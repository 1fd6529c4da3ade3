use cachery::cached;

#[cached(ttl = 60, detach)]
fn double(n: u64) -> u64 {
    2 * n
}

fn main() {}
