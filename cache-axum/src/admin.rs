//! The state that all routes share.

use std::{
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use cachery_core::{Caches, Setting};
use parking_lot::Mutex;
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{
    access::{Access, Attempts},
    exporter::Exporter,
    history::History,
    thresholds::Thresholds,
    watch::Watch,
};

/// The time between two samples of the counters.
const SAMPLE_EVERY: Duration = Duration::from_secs(15);

/// The state that all routes share.
pub(crate) struct Admin {
    pub(crate) caches: Caches,
    pub(crate) access: Access,
    pub(crate) attempts: Attempts,
    pub(crate) thresholds: Thresholds,
    pub(crate) health: Watch,
    pub(crate) history: History,
    pub(crate) exporter: Exporter,
    pub(crate) began: SystemTime,
    /// The program does not start without Redis.
    pub(crate) requires_redis: bool,
    /// The longest life of an entry in memory while other nodes' invalidations do not arrive.
    pub(crate) outage_ttl: String,
    /// The task that takes samples, on the runtime that serves the routes.
    sampling: Mutex<Option<JoinHandle<()>>>,
}

impl Admin {
    pub(crate) fn new(caches: Caches, access: Access, thresholds: Thresholds) -> Arc<Self> {
        // These need a restart to change.
        let redis = caches.config().redis;
        let setting = |field| redis.iter().find(|setting: &&Setting| setting.field == field);
        let value = |field| setting(field).map(|setting| setting.value.clone());
        let admin = Self {
            requires_redis: value("required").as_deref() == Some("true"),
            outage_ttl: value("outage_ttl").unwrap_or_default(),
            history: History::new(&caches),
            caches,
            access,
            attempts: Attempts::default(),
            thresholds,
            health: Watch::default(),
            exporter: Exporter::default(),
            began: SystemTime::now(),
            sampling: Mutex::default(),
        };
        let admin = Arc::new(admin);
        admin.take_samples();
        admin
    }

    /// Begins to take samples, unless a task does so already. That of a runtime which has ended is
    /// replaced.
    pub(crate) fn take_samples(self: &Arc<Self>) {
        let mut sampling = self.sampling.lock();
        if sampling.as_ref().is_none_or(JoinHandle::is_finished)
            && let Ok(runtime) = Handle::try_current()
        {
            *sampling = Some(runtime.spawn(sample(Arc::downgrade(self))));
        }
    }
}

/// Takes samples until the routes are gone.
async fn sample(admin: Weak<Admin>) {
    loop {
        tokio::time::sleep(SAMPLE_EVERY).await;
        let Some(admin) = admin.upgrade() else { return };
        admin.history.sample(&admin.caches);
    }
}
