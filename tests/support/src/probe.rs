//! A function body that tests hold back and count.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use cachery_core::Caches;
use tokio::{
    sync::Semaphore,
    task::{JoinError, JoinHandle},
};

use crate::until;

/// The body of a cached function. Its value is the number of its run, from 1.
#[derive(Debug)]
pub struct Probe {
    runs: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
    gate: Semaphore,
}

impl Probe {
    /// A probe whose runs wait until they are [let out](Self::let_out).
    pub fn closed() -> Arc<Self> {
        let [runs, running, most] = [0; 3].map(AtomicUsize::new);
        Arc::new(Self { runs, running, most, gate: Semaphore::new(0) })
    }

    /// A probe whose runs do not wait.
    pub fn opened() -> Arc<Self> {
        let probe = Self::closed();
        probe.open();
        probe
    }

    /// The body.
    pub async fn run(&self) -> usize {
        let run = self.runs.fetch_add(1, SeqCst) + 1;
        let _running = Running::begin(self);
        if let Ok(permit) = self.gate.acquire().await {
            permit.forget();
        }
        run
    }

    /// Lets so many runs end, in the order in which they began.
    pub fn let_out(&self, runs: usize) {
        self.gate.add_permits(runs);
    }

    /// Lets all runs end, future ones too.
    pub fn open(&self) {
        self.gate.close();
    }

    /// Number of runs that have begun.
    pub fn runs(&self) -> usize {
        self.runs.load(SeqCst)
    }

    /// Number of runs at this moment.
    pub fn running(&self) -> usize {
        self.running.load(SeqCst)
    }

    /// Largest number of runs at one moment.
    pub fn most(&self) -> usize {
        self.most.load(SeqCst)
    }
}

/// Counts a run as [running](Probe::running) until it is dropped, so also when its caller is
/// cancelled.
struct Running<'a>(&'a Probe);

impl<'a> Running<'a> {
    fn begin(probe: &'a Probe) -> Self {
        let running = probe.running.fetch_add(1, SeqCst) + 1;
        probe.most.fetch_max(running, SeqCst);
        Self(probe)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

/// Spawns a call as a task of its own, in the current registry.
pub fn spawn<F>(call: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(Caches::current().scope(call))
}

/// Waits for a task that must end without help, and returns its outcome.
///
/// # Errors
/// Those of the task: it was aborted, or it panicked.
pub async fn ended<T>(task: JoinHandle<T>) -> Result<T, JoinError> {
    until(|| task.is_finished()).await;
    task.await
}
