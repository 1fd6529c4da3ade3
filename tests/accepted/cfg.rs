//! What is configured away is away with all its companions.

use cachery::cached;

#[cached(ttl = 60)]
#[cfg(any())]
pub async fn double(n: Missing) -> Missing {
    n
}

#[cached(ttl = 60)]
#[cfg(not(any()))]
pub async fn double(n: u64) -> u64 {
    n * 2
}

pub struct Repo;

impl Repo {
    #[cached(ttl = 60, skip(self))]
    #[cfg_attr(all(), cfg(any()))]
    pub async fn double(&self, n: Missing) -> Missing {
        n
    }
}
