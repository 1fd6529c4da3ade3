#![allow(unused)]
use std::{future::Future, pin::Pin};

use cachery::cached;

#[cached(ttl = 60)]
fn double(n: u64) -> impl Future<Output = u64> {
    async move { n * 2 }
}

#[cached(ttl = 60)]
fn boxed(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { n * 2 })
}

fn main() {}
