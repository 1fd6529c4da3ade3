#![allow(unused)]
use std::future::Future;

use cachery::{cached, invalidate};

#[cached(ttl = 60)]
async fn profile(id: u64) -> u64 {
    id
}

#[invalidate(profile(id))]
fn rename(id: u64) -> impl Future<Output = ()> {
    async {}
}

fn main() {}
