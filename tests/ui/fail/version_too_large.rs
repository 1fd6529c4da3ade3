use cachery::cached;

#[cached(ttl = 60, version = 4_294_967_296)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
