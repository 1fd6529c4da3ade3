//! The state that all routes share.

use std::sync::Arc;

use cachery_core::{Caches, Setting};
use parking_lot::Mutex;
use tokio::{sync::Semaphore, task::JoinHandle};

use crate::{
    access::{Access, Attempts},
    dates::Dates,
    exporter::Exporter,
    history::History,
    status_log::StatusLog,
    thresholds::Thresholds,
    watch::Watch,
};

/// The most streams of live pages at once.
const MOST_STREAMS: usize = 16;

/// The state that all routes share.
pub(crate) struct Admin {
    pub(crate) caches: Caches,
    pub(crate) access: Access,
    pub(crate) attempts: Attempts,
    pub(crate) thresholds: Thresholds,
    pub(crate) health: Watch,
    pub(crate) history: History,
    pub(crate) exporter: Exporter,
    pub(crate) status_log: StatusLog,
    pub(crate) dates: Dates,
    /// A permit for each stream of the live page.
    pub(crate) streams: Arc<Semaphore>,
    /// The program does not start without Redis.
    pub(crate) requires_redis: bool,
    /// The longest life of an entry in memory while other nodes' invalidations do not arrive.
    pub(crate) outage_ttl: String,
    /// The task that takes samples, on the runtime that serves the routes.
    pub(crate) sampling: Mutex<Option<JoinHandle<()>>>,
}

impl Admin {
    pub(crate) fn new(caches: Caches, access: Access, thresholds: Thresholds) -> Arc<Self> {
        // These need a restart to change.
        let redis = caches.config().redis;
        let setting = |field| redis.iter().find(|setting: &&Setting| setting.field == field);
        let value = |field| setting(field).map(|setting| setting.value.clone());
        Arc::new(Self {
            requires_redis: value("required").as_deref() == Some("true"),
            outage_ttl: value("outage_ttl").unwrap_or_default(),
            history: History::new(&caches),
            caches,
            access,
            attempts: Attempts::default(),
            thresholds,
            health: Watch::default(),
            exporter: Exporter::default(),
            dates: Dates::default(),
            status_log: StatusLog::default(),
            streams: Arc::new(Semaphore::new(MOST_STREAMS)),
            sampling: Mutex::default(),
        })
    }
}
