//! A node whose file can be written again, and its cached functions.

use std::{fs, time::Duration};

use cachery::{
    Backend, Caches, cached,
    config::{CacheSettings, CachesBuilder, Change, Reload},
};
use cachery_test_support::Probe;

/// The time after which a call counts as stuck.
const WATCHDOG: Duration = Duration::from_secs(10);
/// The time in which a node must recover by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const SHARED: [Backend; 2] = [Backend::Redis, Backend::Tiered];

/// A function whose value is the number of its run.
#[cached(name = "reload-redis-number", ttl = "10m", skip(probe))]
pub(crate) async fn number(_id: u64, probe: &Probe) -> usize {
    probe.run().await
}

#[cached(name = "reload-redis-text", ttl = "10m")]
pub(crate) async fn text(length: usize) -> String {
    "x".repeat(length)
}

pub(crate) struct Node {
    pub(crate) caches: Caches,
    file: tempfile::NamedTempFile,
}

impl Node {
    /// Starts a node whose file has this text, with a long budget because the machine may be busy.
    pub(crate) async fn start(url: &str, backend: Backend, text: &str) -> Self {
        Self::build(Caches::builder().redis_url(url).remote_deadline(WATCHDOG), backend, text).await
    }

    /// Starts a node with the default budget.
    pub(crate) async fn start_with_deadline(url: &str, backend: Backend) -> Self {
        Self::build(Caches::builder().redis_url(url), backend, "").await
    }

    /// Starts a node that has the URL of Redis from its file.
    pub(crate) async fn start_by_file(backend: Backend, text: &str) -> Self {
        Self::build(Caches::builder(), backend, text).await
    }

    async fn build(builder: CachesBuilder, backend: Backend, text: &str) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("written");
        let settings = CacheSettings::new().backend(backend).jitter(0.0);
        let builder = builder.isolated().all(settings).file(file.path().display().to_string());
        Self { caches: builder.build().await.expect("right settings"), file }
    }

    /// Writes `text` into the file, and reloads it.
    pub(crate) async fn reload(&self, text: &str) -> Reload {
        self.try_reload(text).await.expect("right settings")
    }

    pub(crate) async fn try_reload(&self, text: &str) -> Result<Reload, cachery::Error> {
        fs::write(self.file.path(), text).expect("written");
        returns(self.caches.reload()).await
    }

    pub(crate) async fn number(&self, id: u64, probe: &Probe) -> usize {
        returns(self.caches.scope(number(id, probe))).await
    }

    pub(crate) async fn peek(&self, id: u64) -> Option<usize> {
        returns(self.caches.scope(number::peek(id))).await
    }

    /// The name of the file in messages.
    pub(crate) fn file(&self) -> String {
        self.file.path().display().to_string()
    }
}

/// Returns the outcome of `work`, and fails if it is stuck.
pub(crate) async fn returns<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(WATCHDOG, work).await.expect("it comes to an end")
}

pub(crate) fn fields(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.field).collect()
}
