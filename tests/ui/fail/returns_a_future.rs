#![allow(unused)]
use std::future::Future;

use cachery::cached;

#[cached(ttl = 60)]
fn double(n: u64) -> impl Future<Output = u64> {
    async move { n * 2 }
}

fn main() {}
