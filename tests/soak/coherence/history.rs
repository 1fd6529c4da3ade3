//! The record of each call, on one clock for all nodes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
};

use cachery::cached;

/// A clock. Each tick is later than all before it.
#[derive(Default)]
pub(crate) struct Ticks(AtomicU64);

impl Ticks {
    pub(crate) fn tick(&self) -> u64 {
        self.0.fetch_add(1, SeqCst) + 1
    }
}

/// State that a run of the function shares with its caller.
pub(crate) struct Run {
    pub(crate) ticks: Arc<Ticks>,
    /// The number of times that the body yields, or from 8 on the milliseconds for which it sleeps.
    pub(crate) pauses: u64,
    pub(crate) ran: AtomicBool,
}

/// A function whose value is the time at which its load began.
#[cached(name = "coherence-moment", ttl = 3600, skip(run))]
pub(crate) async fn moment(_key: u64, run: Arc<Run>) -> u64 {
    let began = run.ticks.tick();
    run.ran.store(true, SeqCst);
    match run.pauses {
        pauses @ 0..8 => {
            for _ in 0..pauses {
                tokio::task::yield_now().await;
            }
        }
        pauses => tokio::time::sleep(std::time::Duration::from_millis(pauses)).await,
    }
    began
}

/// Keys from this one on are those of [`bulky`].
pub(crate) const BULKY: u64 = 1 << 32;

/// As [`moment`], with a value that has a connection of its own.
#[cached(name = "coherence-bulky", ttl = 3600, skip(run))]
pub(crate) async fn bulky(key: u64, run: Arc<Run>) -> Bulky {
    let began = run.ticks.tick();
    run.ran.store(true, SeqCst);
    tokio::task::yield_now().await;
    Bulky::of(key, began)
}

/// A large value, which is as old as its moment.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Bulky {
    pub(crate) moment: u64,
    bytes: String,
}

impl Bulky {
    /// Returns the value of a key: some are larger than a megabyte.
    pub(crate) fn of(key: u64, moment: u64) -> Self {
        let length = if key.is_multiple_of(8) { 1 << 20 } else { 80 << 10 };
        Self { moment, bytes: "x".repeat(length) }
    }
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) node: usize,
    /// The key, or `None` for all of [`moment`].
    pub(crate) key: Option<u64>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The time from which it has no further effect: a request that met a fault may reach Redis
    /// after its call has returned.
    pub(crate) over: u64,
    pub(crate) what: What,
    /// True if the node reached Redis between `start` and `end`.
    pub(crate) in_reach: bool,
}

/// The kind of a call, and its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The function was called, or `peek`.
    Read { value: Option<u64>, from: From },
    /// The value is the time at which the call began.
    Put { value: u64 },
    /// The load began in this call.
    Refresh,
    /// `everywhere`: acknowledged as such.
    Invalidate { everywhere: bool },
}

/// The origin of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The node's memory.
    Memory,
    /// Redis, or another call's load.
    Elsewhere,
    /// The call's own load.
    Own,
    /// Any, after the network has recovered and every node has got all pushes.
    Settled,
}

impl From {
    /// Returns the origin of a value of a call, whose first poll had it or not.
    pub(crate) fn of(run: &Run, at_once: bool) -> Self {
        match (run.ran.load(SeqCst), at_once) {
            (true, _) => Self::Own,
            (false, true) => Self::Memory,
            (false, false) => Self::Elsewhere,
        }
    }
}

impl Event {
    /// Tells whether it is a hit that must not be older than an invalidation that was acknowledged
    /// before, on any node.
    pub(crate) fn is_strict_hit(&self) -> bool {
        self.in_reach && matches!(self.what, What::Read { value: Some(_), from: From::Elsewhere })
    }

    /// The value that was read.
    pub(crate) fn value(&self) -> Option<u64> {
        if let What::Read { value, .. } = self.what { value } else { None }
    }

    /// The value that was put.
    pub(crate) fn put(&self) -> Option<u64> {
        if let What::Put { value } = self.what { Some(value) } else { None }
    }

    pub(crate) fn is_write(&self) -> bool {
        matches!(self.what, What::Put { .. } | What::Refresh)
    }

    /// Tells whether it concerns `key`.
    pub(crate) fn concerns(&self, key: u64) -> bool {
        self.key.map_or(key < BULKY, |own| own == key)
    }
}
