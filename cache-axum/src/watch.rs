//! The latest health.

use std::{sync::Arc, time::Duration};

use cachery_core::{Caches, Health};
use tokio::{sync::Mutex, time::Instant};

/// The time for which a health is shown again. So nobody makes us ask servers more often, however
/// many ask for the health.
const FRESH: Duration = Duration::from_secs(1);

/// The latest health. Its lock is held while the servers are asked: others wait for the same reply.
#[derive(Default)]
pub(crate) struct Watch(Mutex<Option<(Instant, Arc<Health>)>>);

impl Watch {
    /// Returns the health, at most a second old.
    pub(crate) async fn now(&self, caches: &Caches) -> Arc<Health> {
        let mut latest = self.0.lock().await;
        if let Some((at, health)) = &*latest
            && at.elapsed() < FRESH
        {
            return Arc::clone(health);
        }
        let health = Arc::new(caches.health().await);
        *latest = Some((Instant::now(), Arc::clone(&health)));
        health
    }
}
