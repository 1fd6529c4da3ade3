//! The slow part: a model behind a network.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use crate::scorer::Sentiment;

pub(crate) struct Model {
    /// The delay, which stands for the network.
    delay: Duration,
    requests: AtomicU64,
}

impl Model {
    pub(crate) fn new(delay: Duration) -> Self {
        Self { delay, requests: AtomicU64::new(0) }
    }

    pub(crate) async fn ask(&self, text: &str) -> Sentiment {
        self.requests.fetch_add(1, Relaxed);
        tokio::time::sleep(self.delay).await;
        Sentiment::of(text)
    }

    /// Number of times that it was asked, by its own count.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }
}
