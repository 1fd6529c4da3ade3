//! A cached method: `key(..)` says which parts of `self` identify a value. Run it with `cargo run
//! --example methods`.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use cachery::cached;

/// The orders of one tenant, in a database that counts its queries.
struct Repo {
    tenant: u64,
    queries: AtomicU64,
}

impl Repo {
    fn of(tenant: u64) -> Self {
        Self { tenant, queries: AtomicU64::new(0) }
    }

    /// Without `self.tenant` in the key, one tenant would read the other's orders; so `self` must
    /// be named in `key(..)` or `skip(..)`.
    #[cached(name = "order", ttl = "5m", key(self.tenant, id))]
    async fn order(&self, id: u64) -> String {
        tokio::time::sleep(Duration::from_millis(5)).await; // the database
        let query = 1 + self.queries.fetch_add(1, Relaxed);
        format!("order {id} of tenant {}, by query {query}", self.tenant)
    }
}

#[tokio::main]
async fn main() {
    let (ours, theirs) = (Repo::of(1), Repo::of(2));

    let first = ours.order(7).await;
    assert_eq!(ours.order(7).await, first);
    println!("twice the same: {first}");

    let other = theirs.order(7).await;
    assert_eq!(other, "order 7 of tenant 2, by query 1");
    println!("another tenant: {other}");

    // The companions of a method have its name, and take the parts of its key: `self` and `id`.
    ours.order_invalidate(7).await;
    assert_eq!(ours.order_peek(7).await, None);
    let again = ours.order(7).await;
    assert_eq!(again, "order 7 of tenant 1, by query 2");
    println!("after invalidating ours: {again}");

    assert_eq!(theirs.order_peek(7).await, Some(other));
    println!("theirs is still there");
}
