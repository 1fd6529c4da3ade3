//! What the tests of flights share: a body that counts its runs and waits until it is let out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use cachery::Caches;
use tokio::{
    sync::Semaphore,
    task::{JoinError, JoinHandle},
};

/// The body of a cached function: its value is the number of its run, from 1.
pub(crate) struct Probe {
    runs: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
    gate: Semaphore,
}

impl Probe {
    /// Runs wait until they are [let out](Self::let_out).
    pub(crate) fn closed() -> Arc<Self> {
        let [runs, running, most] = [0; 3].map(AtomicUsize::new);
        Arc::new(Self { runs, running, most, gate: Semaphore::new(0) })
    }

    /// Runs do not wait.
    pub(crate) fn opened() -> Arc<Self> {
        let probe = Self::closed();
        probe.open();
        probe
    }

    /// The body.
    pub(crate) async fn run(&self) -> usize {
        let run = self.runs.fetch_add(1, SeqCst) + 1;
        let _inside = Inside::enter(self);
        if let Ok(permit) = self.gate.acquire().await {
            permit.forget();
        }
        run
    }

    /// Lets `runs` runs come to their end, first come first served.
    pub(crate) fn let_out(&self, runs: usize) {
        self.gate.add_permits(runs);
    }

    /// Lets all runs come to their end, future ones too.
    pub(crate) fn open(&self) {
        self.gate.close();
    }

    /// How often the body was begun.
    pub(crate) fn runs(&self) -> usize {
        self.runs.load(SeqCst)
    }

    /// How many runs there are at this moment.
    pub(crate) fn running(&self) -> usize {
        self.running.load(SeqCst)
    }

    /// How many runs there were at the same moment, at most.
    pub(crate) fn most(&self) -> usize {
        self.most.load(SeqCst)
    }
}

struct Inside<'a>(&'a Probe);

impl<'a> Inside<'a> {
    fn enter(probe: &'a Probe) -> Self {
        let running = probe.running.fetch_add(1, SeqCst) + 1;
        probe.most.fetch_max(running, SeqCst);
        Self(probe)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, SeqCst);
    }
}

/// A caller in a task of its own, in the current registry.
pub(crate) fn spawn<F>(call: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(Caches::current().scope(call))
}

/// Lets other tasks run until `done`. Time does not pass by it when it is paused; ten seconds of real time are a failure.
pub(crate) async fn until(done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(10), "this never comes");
        tokio::task::yield_now().await;
    }
}

/// What came of a caller, who must come to an end without anybody's help.
pub(crate) async fn ended<T>(caller: JoinHandle<T>) -> Result<T, JoinError> {
    until(|| caller.is_finished()).await;
    caller.await
}
