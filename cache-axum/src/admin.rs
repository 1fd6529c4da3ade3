//! The state that all routes share.

use std::{
    sync::{Arc, Weak},
    time::{Duration, SystemTime},
};

use cachery_core::Caches;
use parking_lot::Mutex;
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{
    access::{Access, Attempts},
    health::Watch,
    history::History,
    prometheus::Exporter,
    thresholds::Thresholds,
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
    /// The task that takes samples, on the runtime that serves the routes.
    sampling: Mutex<Option<JoinHandle<()>>>,
}

impl Admin {
    pub(crate) fn new(caches: Caches, access: Access, thresholds: Thresholds) -> Arc<Self> {
        let admin = Self {
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
