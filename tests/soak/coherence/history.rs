//! The record of each call, on one clock for all nodes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use cachery::{Served, Tier, cached, caches};

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
    /// True if a run of [`renewed`] ends in an error.
    pub(crate) fails: bool,
    pub(crate) ran: AtomicBool,
}

impl Run {
    /// Takes the time that this run takes, and returns when it began.
    async fn pass(&self) -> u64 {
        let began = self.ticks.tick();
        self.ran.store(true, SeqCst);
        match self.pauses {
            pauses @ 0..8 => {
                for _ in 0..pauses {
                    tokio::task::yield_now().await;
                }
            }
            pauses => tokio::time::sleep(Duration::from_millis(pauses)).await,
        }
        began
    }
}

/// The keys of one value of [`GROUP`].
const GROUP_SIZE: u64 = 4;

caches! {
    /// Neighbouring keys of [`moment`], and as many of [`renewed`] and of [`titled`].
    pub(crate) static GROUP: Tag<u64> = { name: "coherence-group" };
}

/// A function whose value is the time at which its load began.
#[cached(name = "coherence-moment", ttl = 3600, skip(run), tags(GROUP(key / GROUP_SIZE)))]
pub(crate) async fn moment(key: u64, run: Arc<Run>) -> u64 {
    run.pass().await
}

/// Keys from this one on are those of [`renewed`].
pub(crate) const RENEWED: u64 = 1 << 33;

/// As [`moment`], with a value that soon is stale and soon after usable on error. So tasks renew it,
/// loads go on after their callers, and old values serve where loads fail.
#[cached(
    name = "coherence-renewed",
    ttl = "40ms",
    refresh = "50%",
    stale = "60ms",
    stale_if_error = "1h",
    soft_timeout = "2ms",
    retry_after = "10ms",
    detach,
    skip(run),
    tags(GROUP((key - RENEWED) / GROUP_SIZE))
)]
pub(crate) async fn renewed(key: u64, run: Arc<Run>) -> Result<u64, String> {
    let began = run.pass().await;
    if run.fails { Err("the load failed".to_owned()) } else { Ok(began) }
}

/// Keys from this one on are those of [`titled`].
pub(crate) const TITLED: u64 = 1 << 34;

/// As [`moment`], with a value that says itself which tag it has.
#[cached(name = "coherence-titled", ttl = 3600, skip(run), tags(GROUP(result.group)))]
pub(crate) async fn titled(key: u64, run: Arc<Run>) -> Titled {
    Titled::of(key, run.pass().await)
}

/// A value with its tag, which is as old as its moment.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Titled {
    pub(crate) moment: u64,
    group: u64,
}

impl Titled {
    /// Returns the value of a key.
    pub(crate) fn of(key: u64, moment: u64) -> Self {
        Self { moment, group: (key - TITLED) / GROUP_SIZE }
    }
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
    pub(crate) scope: Scope,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The time from which it has no further effect: a request that met a fault may reach Redis
    /// after its call has returned.
    pub(crate) over: u64,
    pub(crate) what: What,
    /// True if the node reached Redis between `start` and `end`.
    pub(crate) in_reach: bool,
}

/// The keys that a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Key(u64),
    /// All keys with this value of [`GROUP`].
    Group(u64),
    /// All keys of a function.
    All(Function),
}

/// The functions of the history, by their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Moment,
    Bulky,
    Renewed,
    Titled,
}

impl Function {
    /// Returns the function of a key.
    pub(crate) fn of(key: u64) -> Self {
        match key {
            ..BULKY => Self::Moment,
            BULKY..RENEWED => Self::Bulky,
            RENEWED..TITLED => Self::Renewed,
            TITLED.. => Self::Titled,
        }
    }
}

impl Scope {
    /// Returns the scope of the tag of a key, or that of the key if it has none.
    pub(crate) fn of_group(key: u64) -> Self {
        match Function::of(key) {
            Function::Moment => Self::Group(key / GROUP_SIZE),
            Function::Renewed => Self::Group((key - RENEWED) / GROUP_SIZE),
            Function::Titled => Self::Group((key - TITLED) / GROUP_SIZE),
            Function::Bulky => Self::Key(key),
        }
    }

    /// Returns the only key, if it is one.
    pub(crate) fn key(self) -> Option<u64> {
        if let Self::Key(key) = self { Some(key) } else { None }
    }

    /// Tells whether it holds `key`.
    fn holds(self, key: u64) -> bool {
        match self {
            Self::Key(own) => own == key,
            Self::Group(_) => self == Self::of_group(key),
            Self::All(function) => function == Function::of(key),
        }
    }
}

/// The kind of a call, and its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The function was called, or `peek`.
    Read { value: Option<u64>, from: From, stale: bool },
    /// The value is the time at which the call began.
    Put { value: u64 },
    /// The load began in this call.
    Refresh,
    /// `everywhere`: acknowledged as such.
    Invalidate { everywhere: bool },
    /// As an invalidation; but an old value of [`renewed`] may still serve.
    Expire { everywhere: bool },
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

    /// Returns the origin of a value that `served` has described.
    pub(crate) fn of_served(served: &Served<u64>) -> Self {
        match served.tier {
            Tier::Memory => Self::Memory,
            Tier::Load if !served.coalesced => Self::Own,
            _ => Self::Elsewhere,
        }
    }
}

impl Event {
    /// Tells whether it is a hit that must not be older than an invalidation that was acknowledged
    /// before, on any node.
    pub(crate) fn is_strict_hit(&self) -> bool {
        self.in_reach
            && matches!(self.what, What::Read { value: Some(_), from: From::Elsewhere, .. })
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
        self.scope.holds(key)
    }
}
