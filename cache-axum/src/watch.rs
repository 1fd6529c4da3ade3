//! The latest health, and the moments at which it changed.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cachery_core::{Caches, Health, Status};
use parking_lot::Mutex;
use tokio::time::Instant;

/// The time for which a health is shown again. So nobody makes us ask servers more often, however
/// many ask for the health.
const FRESH: Duration = Duration::from_secs(1);

/// The latest health, and the moments at which it changed.
#[derive(Default)]
pub(crate) struct Watch {
    /// Held while the servers are asked: others wait for the same reply.
    latest: tokio::sync::Mutex<Option<(Instant, Arc<Health>)>>,
    /// The status of each level, by its kind and name.
    seen: Mutex<BTreeMap<(&'static str, Option<String>), Seen>>,
}

/// A status, and the moment at which it was first seen, in Unix seconds.
struct Seen {
    status: Status,
    since: u64,
}

impl Watch {
    /// Returns the health, at most a second old.
    pub(crate) async fn now(&self, caches: &Caches) -> Arc<Health> {
        let mut latest = self.latest.lock().await;
        if let Some((at, health)) = &*latest
            && at.elapsed() < FRESH
        {
            return Arc::clone(health);
        }
        let health = Arc::new(caches.health().await);
        *latest = Some((Instant::now(), Arc::clone(&health)));
        health
    }

    /// Returns the moment since which the level was seen in its status, in Unix seconds.
    pub(crate) fn since(&self, kind: &'static str, name: Option<&str>, status: Status) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let first = || Seen { status, since: now };
        let mut levels = self.seen.lock();
        let seen = levels.entry((kind, name.map(str::to_owned))).or_insert_with(first);
        if seen.status != status {
            *seen = first();
        }
        seen.since
    }
}
