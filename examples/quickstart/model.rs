//! The slow part: a model behind a network.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::scorer::Sentiment;

pub(crate) struct Model {
    /// The delay, which stands for the network.
    delay: Duration,
    is_down: AtomicBool,
    requests: AtomicU64,
}

/// The error of a model that cannot be reached.
#[derive(Clone, Debug)]
pub(crate) struct Unreachable;

impl Model {
    pub(crate) fn new(delay: Duration) -> Self {
        Self { delay, is_down: AtomicBool::new(false), requests: AtomicU64::new(0) }
    }

    pub(crate) async fn ask(&self, text: &str) -> Result<Sentiment, Unreachable> {
        self.requests.fetch_add(1, Relaxed);
        if self.is_down.load(Relaxed) {
            return Err(Unreachable);
        }
        tokio::time::sleep(self.delay).await;
        Ok(Sentiment::of(text))
    }

    /// Lets all further requests fail.
    pub(crate) fn go_down(&self) {
        self.is_down.store(true, Relaxed);
    }

    /// Number of times that it was asked, by its own count.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }
}
