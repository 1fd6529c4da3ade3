use cachery::cached;

use std::rc::Rc;

#[cached(ttl = 60)]
async fn double(n: u64) -> u64 {
    let n = Rc::new(n);
    std::future::ready(()).await;
    *n * 2
}

async fn used() {
    tokio::spawn(double(1));
}

fn main() {}
