//! A stand-in for a model behind a paid API.
//!
//! It understands nothing. It takes its time, fails now and then, and returns what its caller makes
//! up. It keeps its own bill, to compare that of the caches with it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use serde::Serialize;

/// The price of a text in a request that succeeds, in dollars.
pub(crate) const PRICE: f64 = 0.03;
/// The same, in billionths of a dollar.
const PRICE_NANOS: u64 = 30_000_000;

/// A connection to the model. A clone shares its bill.
#[derive(Clone)]
pub(crate) struct Model {
    latency: Duration,
    /// Each so many-th request fails; 0 for none.
    fail_every: u64,
    account: Arc<Account>,
}

#[derive(Default)]
struct Account {
    requests: AtomicU64,
    failed: AtomicU64,
    nanos: AtomicU64,
}

/// The bill of the model's own making.
#[derive(Debug, Serialize)]
pub(crate) struct Bill {
    pub(crate) requests: u64,
    /// The requests that failed. They cost nothing.
    pub(crate) failed: u64,
    /// The sum, in billionths of a dollar.
    pub(crate) nanos: u64,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("the model is overloaded")]
pub(crate) struct ModelError;

impl Model {
    pub(crate) fn new(latency: Duration, fail_every: u64) -> Self {
        Self { latency, fail_every, account: Arc::default() }
    }

    /// Asks the model about one text. It returns what `make_up` makes up.
    pub(crate) async fn ask<T>(&self, make_up: impl FnOnce() -> T) -> Result<T, ModelError> {
        self.ask_for(1, make_up).await
    }

    /// Asks the model about several texts in one request. Each has the price of a request.
    pub(crate) async fn ask_for<T>(
        &self,
        texts: usize,
        make_up: impl FnOnce() -> T,
    ) -> Result<T, ModelError> {
        let number = self.account.requests.fetch_add(1, SeqCst) + 1;
        tokio::time::sleep(self.latency).await;
        if self.fail_every > 0 && number.is_multiple_of(self.fail_every) {
            self.account.failed.fetch_add(1, SeqCst);
            return Err(ModelError);
        }
        self.account.nanos.fetch_add(texts as u64 * PRICE_NANOS, SeqCst);
        Ok(make_up())
    }

    pub(crate) fn bill(&self) -> Bill {
        let Account { requests, failed, nanos } = &*self.account;
        Bill {
            requests: requests.load(SeqCst),
            failed: failed.load(SeqCst),
            nanos: nanos.load(SeqCst),
        }
    }
}
