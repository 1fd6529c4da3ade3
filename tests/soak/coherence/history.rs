//! What is known of each call, on one clock for all nodes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
};

use cachery::cached;

/// Time as numbers: each tick is later than all before it.
#[derive(Default)]
pub(crate) struct Ticks(AtomicU64);

impl Ticks {
    pub(crate) fn tick(&self) -> u64 {
        self.0.fetch_add(1, SeqCst) + 1
    }
}

/// One run of the function, as it tells the caller who might run it.
pub(crate) struct Run {
    pub(crate) ticks: Arc<Ticks>,
    /// How often the body gives way; if that is many times, for how many milliseconds it sleeps.
    pub(crate) pauses: u64,
    pub(crate) ran: AtomicBool,
}

/// Its value is the time at which its load began.
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

/// One call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) node: usize,
    /// `None`: all keys.
    pub(crate) key: Option<u64>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// When it was all done: what had trouble on its way may come to Redis after its caller was answered.
    pub(crate) over: u64,
    pub(crate) what: What,
    /// The node had no trouble with Redis between `start` and `end`.
    pub(crate) in_reach: bool,
}

/// What was called, and what came of it.
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

/// Where a call's answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// Its node's memory.
    Memory,
    /// Redis, or another call's load.
    Elsewhere,
    /// Its own load.
    Own,
    /// Wherever: all links are mended, and every node has heard of everything.
    Settled,
}

impl Event {
    /// An answer that must not be older than what was acknowledged before, on any node.
    pub(crate) fn is_strict_hit(&self) -> bool {
        self.in_reach && matches!(self.what, What::Read { value: Some(_), from: From::Elsewhere })
    }

    /// What was answered.
    pub(crate) fn value(&self) -> Option<u64> {
        if let What::Read { value, .. } = self.what { value } else { None }
    }

    /// What was put.
    pub(crate) fn put(&self) -> Option<u64> {
        if let What::Put { value } = self.what { Some(value) } else { None }
    }

    pub(crate) fn is_write(&self) -> bool {
        matches!(self.what, What::Put { .. } | What::Refresh)
    }

    /// Whether it is about `key`.
    pub(crate) fn concerns(&self, key: u64) -> bool {
        self.key.is_none_or(|own| own == key)
    }
}
