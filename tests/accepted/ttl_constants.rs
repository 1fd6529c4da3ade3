//! A ttl that is a constant: a duration, or seconds.

use std::time::Duration;

use cachery::{cached, caches};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: u32 = 60;

pub mod times {
    pub const DAY: u64 = 86_400;
}

pub struct Repo;

impl Repo {
    const SHORT: Duration = Duration::from_millis(1_500);

    #[cached(name = "ttl-of-repo", ttl = Repo::SHORT, skip(self))]
    pub async fn order(&self, id: u64) -> u64 {
        id
    }
}

#[cached(name = "ttl-of-duration", ttl = HOUR)]
pub async fn hourly(id: u64) -> u64 {
    id
}

#[cached(name = "ttl-of-seconds", ttl = MINUTE)]
pub async fn each_minute(id: u64) -> u64 {
    id
}

caches! {
    static DAILY: Cache<u64, u64> = { name: "ttl-of-path", ttl: times::DAY };
}

#[test]
fn are_read() {
    let caches = cachery::Caches::isolated();
    let ttl = |name: &str| caches.get(name).expect("a cache").policy().ttl;
    assert_eq!(ttl("ttl-of-duration"), Some(HOUR));
    assert_eq!(ttl("ttl-of-seconds"), Some(Duration::from_secs(60)));
    assert_eq!(ttl("ttl-of-path"), Some(Duration::from_secs(times::DAY)));
    assert_eq!(ttl("ttl-of-repo"), Some(Repo::SHORT));
    assert_eq!(DAILY.name(), "ttl-of-path");
}
