use cachery::cached;

use std::{future::Future, pin::Pin};

struct Repo;

impl Repo {
    // As `#[async_trait]` leaves it.
    #[cached(ttl = 60, skip(self))]
    fn order(&self, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send + '_>> {
        Box::pin(async move { id })
    }
}

fn main() {}
