//! The rules of JSR-107 and of the caching of Spring and Quarkus that carry over, each a test.

mod evictions;
mod keys;
mod pairs;
mod reads;
mod shapes;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cachery::Caches;

/// Counts the runs of bodies.
#[derive(Default)]
pub(crate) struct Runs(AtomicU64);

impl Runs {
    /// Counts one more, and returns its number, from 1.
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Relaxed) + 1
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Runs a test with caches of its own.
pub(crate) fn alone<F: Future>(test: F) -> impl Future<Output = F::Output> {
    // The futures of tests are large.
    Box::pin(Caches::isolated().scope(test))
}
