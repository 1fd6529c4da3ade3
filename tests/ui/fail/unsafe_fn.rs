use cachery::cached;

#[cached(ttl = 60)]
async unsafe fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
