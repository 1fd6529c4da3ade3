//! How the remote tier is, as one serialisable value.

use std::time::Duration;

use serde::Serialize;

use crate::error::Fault;

/// How a registry's remote tier is: what [`Caches::health`](crate::Caches::health) returns.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The worst of all below.
    pub status: Status,
    /// One for each server; empty when no cache uses any.
    pub servers: Vec<ServerHealth>,
    /// Wrong settings that a registry which built itself has ignored.
    pub faults: Vec<Fault>,
}

/// How well something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// As it should.
    Up,
    /// Calls are answered, but something should be seen to.
    Degraded,
    /// Not at all: functions run uncached, or from memory for the outage ttl.
    Down,
}

/// One server.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ServerHealth {
    /// Host and port, or socket path; never credentials.
    pub address: String,
    /// How it is.
    pub status: Status,
    /// What should be seen to, each in one line with the way out.
    pub problems: Vec<String>,
    /// Time for one `PING`.
    pub round_trip: Option<Duration>,
    /// What it says its version is.
    pub version: Option<String>,
    /// What it does when memory is full: its `maxmemory-policy`.
    pub eviction_policy: Option<String>,
    /// Whether it tells this node of invalidations.
    pub push: Push,
    /// Its breaker.
    pub breaker: Breaker,
    /// Invalidations that wait until it can be reached.
    pub queued: usize,
}

/// The link over which a server tells of invalidations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Push {
    /// It works.
    Up,
    /// It is being connected.
    Down,
    /// The server does not allow `CLIENT TRACKING`: memory keeps entries for the outage ttl only.
    Forbidden,
}

/// What keeps callers from waiting for a server that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Breaker {
    /// Calls use the server.
    Closed,
    /// Calls do without it.
    Open,
    /// A probe is on its way.
    HalfOpen,
}

impl ServerHealth {
    /// A server of which nothing is known yet.
    pub fn unknown(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            status: Status::Down,
            problems: Vec::new(),
            round_trip: None,
            version: None,
            eviction_policy: None,
            push: Push::Down,
            breaker: Breaker::Closed,
            queued: 0,
        }
    }
}

impl Health {
    pub(crate) fn of(servers: Vec<ServerHealth>, faults: Vec<Fault>) -> Self {
        let degraded = if faults.is_empty() { Status::Up } else { Status::Degraded };
        let status = servers.iter().map(|server| server.status).fold(degraded, Ord::max);
        Self { status, servers, faults }
    }
}
