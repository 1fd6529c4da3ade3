use cachery::cached;

#[cached(ttl = 60, detach, skip(log))]
async fn double(n: u64, log: &mut Vec<u64>) -> u64 {
    log.push(n);
    2 * n
}

fn main() {}
