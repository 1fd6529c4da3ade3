use cachery::cached;

const DAY: u64 = 86_400;

#[cached(ttl = DAY)]
async fn double(n: u64) -> u64 {
    n * 2
}

fn main() {}
