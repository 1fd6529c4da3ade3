use std::sync::Mutex;

use cachery::cached;

#[cached(ttl = 60, detach, skip(log))]
async fn double(n: u64, log: &Mutex<Vec<u64>>) -> u64 {
    log.lock().unwrap().push(n);
    2 * n
}

fn main() {}
