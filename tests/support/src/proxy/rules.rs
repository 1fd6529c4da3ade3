//! The faults of a proxy at this moment.

use std::{
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use tokio::sync::watch;

/// The direction of bytes.
#[derive(Clone, Copy, Debug)]
pub enum Direction {
    /// From the client to the server.
    Requests,
    /// From the server to the client.
    Replies,
}

/// The faults of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    pub(super) delay: Duration,
    pub(super) stalled: bool,
    pub(super) garbled: bool,
    /// The most bytes a second of each connection.
    pub(super) rate: Option<u32>,
    /// Number of bytes that still pass before one connection is reset.
    pub(super) truncated: Option<usize>,
}

/// All faults at this moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules {
    pub(super) flows: [Flow; 2],
    pub(super) refusing: bool,
    /// Number of times that all connections were cut.
    pub(super) cuts: usize,
}

/// State that the proxy and its connections share.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    pub(super) rules: Arc<watch::Sender<Rules>>,
    pub(super) held: Held,
    pub(super) accepted: Arc<AtomicUsize>,
}

/// Counts the chunks that are held back, for each direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<[Arc<()>; 2]>);

impl Held {
    /// Counts one more chunk, until the token is dropped.
    pub(super) fn hold(&self, direction: Direction) -> Arc<()> {
        Arc::clone(&self.0[direction as usize])
    }

    pub(super) fn count(&self, direction: Direction) -> usize {
        Arc::strong_count(&self.0[direction as usize]) - 1
    }
}
