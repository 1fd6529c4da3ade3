//! What is said between this program and the processes that it starts: a line of JSON each way.

use std::{fmt, time::Duration};

use cachery::Invalidation;
use serde::{Deserialize, Serialize};

/// What a process is asked to do.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Call the function.
    Call(u64),
    /// Make its answer unreadable, everywhere.
    Invalidate(u64),
    /// Wait until all is well with Redis, for some seconds at most.
    Recover,
}

/// What came of it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) source: Source,
    pub(crate) took: Duration,
}

/// Where an answer comes from.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    Memory,
    Redis,
    Function,
    /// It is the answer to another request than a call.
    Everywhere,
    Queued,
    Recovered,
    Unwell,
}

impl From<Invalidation> for Source {
    fn from(reached: Invalidation) -> Self {
        if reached == Invalidation::Everywhere { Self::Everywhere } else { Self::Queued }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(id) => write!(f, "report({id})"),
            Self::Invalidate(id) => write!(f, "report::invalidate({id})"),
            Self::Recover => f.write_str("Caches::current().health()"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "from memory",
            Self::Redis => "from Redis",
            Self::Function => "ran the function",
            Self::Everywhere => "told Redis and all processes",
            Self::Queued => "queued: Redis is told when it is back",
            Self::Recovered => "up",
            Self::Unwell => "not up yet",
        })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<38} {:>9.1} ms", self.source.to_string(), self.took.as_secs_f64() * 1e3)
    }
}
