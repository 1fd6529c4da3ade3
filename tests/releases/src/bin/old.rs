//! The release in production.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Profile {
    text: String,
}

#[cachery::cached(name = "profile", ttl = "1h")]
async fn profile(tenant: u64, id: u64) -> Option<Profile> {
    (tenant + id > 0).then(|| Profile { text: cachery_releases::load("old") })
}

cachery_releases::release!(profile, |text| Profile { text });
