use cachery::cached;

#[cached(ttl = 60)]
async extern "C" fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
