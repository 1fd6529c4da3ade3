#![allow(unused)]

use cachery::{caches, invalidate};

caches! {
    static TENANT: Tag<u64> = { name: "tenant" };
}

#[invalidate(TENANT(name))]
async fn import(name: &str) {}

fn main() {}
