#![allow(unused)]
use std::{fmt, time};

use cachery::cached;

#[cached(ttl = 60)]
async fn time(id: u64) -> time::Duration {
    time::Duration::from_secs(id)
}

fn main() {}
