//! The messages between this program and the processes that it starts: a line of JSON each way.

use std::{fmt, time::Duration};

use cachery::Invalidation;
use serde::{Deserialize, Serialize};

/// A request to a process.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Call the function.
    Call(u64),
    /// Invalidate its value, everywhere.
    Invalidate(u64),
    /// Wait until the health of Redis is good, for some seconds at most.
    Recover,
}

/// The reply to a request.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Reply {
    pub(crate) source: Source,
    pub(crate) took: Duration,
}

/// The origin of a value.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    Memory,
    Redis,
    Function,
    /// The request was not a call.
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
            Self::Everywhere => "gone from Redis and all processes",
            Self::Queued => "queued until Redis is back",
            Self::Recovered => "up",
            Self::Unwell => "not up yet",
        })
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<38} {:>9.1} ms", self.source.to_string(), self.took.as_secs_f64() * 1e3)
    }
}
