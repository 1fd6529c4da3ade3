//! The health of the remote tier, as one serialisable value.

use std::time::Duration;

use serde::Serialize;

use crate::{error::Fault, remote::reason::Reason};

/// The health of a registry's remote tier, as [`Caches::health`](crate::Caches::health) returns it.
///
/// ```
/// use cachery::{Caches, health::Status};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let health = Caches::isolated().health().await;
/// assert_eq!((health.status, health.servers.len()), (Status::Up, 0));
/// # }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The worst status of all below.
    pub status: Status,
    /// The health of each server; empty when no cache uses any.
    pub servers: Vec<ServerHealth>,
    /// The text with which all keys begin in Redis; `None` when no cache uses it.
    pub prefix: Option<String>,
    /// Wrong settings that the registry has ignored, because it was built at the first call.
    pub faults: Vec<Fault>,
    /// Settings that are ignored or without effect, values that the remote tier cannot keep, and
    /// caches that live on values past their ttl, each in one line with the way out. They leave the
    /// status as it is.
    pub notes: Vec<String>,
}

/// The status of a server, or of all. Later ones are worse.
///
/// ```
/// use cachery::health::Status;
///
/// let code = |status: Status| if status == Status::Down { 503 } else { 200 };
/// assert_eq!(code(Status::Degraded), 200);
/// assert!(Status::Up < Status::Down);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Status {
    /// Everything works.
    Up,
    /// Calls are served, but something needs attention.
    Degraded,
    /// The server cannot be used: functions run, or memory serves for the outage ttl.
    Down,
}

/// The health of one server.
///
/// ```
/// use cachery::health::ServerHealth;
///
/// fn print(server: &ServerHealth) {
///     println!("{}: {:?}, {} invalidations queued", server.address, server.status, server.queued);
///     server.problems.iter().for_each(|problem| println!("  {problem}"));
/// }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ServerHealth {
    /// The host and port, or the path of the socket; never credentials.
    pub address: String,
    /// The status of the server.
    pub status: Status,
    /// Problems that need attention, each in one line with the way out.
    pub problems: Vec<String>,
    /// Facts that leave the status as it is, each in one line.
    pub notes: Vec<String>,
    /// The reason for which it cannot be used; in a serialised report, its label in metrics.
    pub reason: Option<Reason>,
    /// The time of one `PING`; in a serialised report, in seconds.
    #[serde(serialize_with = "crate::seconds::of_option")]
    pub round_trip: Option<Duration>,
    /// The version that it reports.
    pub version: Option<String>,
    /// Its `maxmemory-policy`: the entries that it drops when its memory is full.
    pub eviction_policy: Option<String>,
    /// The seconds by which its clock is ahead of this machine's, to within a round trip; below zero
    /// where it is behind. `None` where it does not tell.
    pub clock_offset: Option<f64>,
    /// Its role in replication: `master`, or `slave` for a replica.
    pub role: Option<String>,
    /// The number of replicas that follow it.
    pub replicas: Option<u32>,
    /// The link over which it pushes invalidations to this node.
    pub push: Push,
    /// The time for which memory may hold a value that another node has invalidated, at most; in a
    /// serialised report, in seconds. `None` while that is not known.
    #[serde(serialize_with = "crate::seconds::of_option")]
    pub staleness: Option<Duration>,
    /// The breaker of this process for it.
    pub breaker: Breaker,
    /// The number of invalidations that wait until it can be reached.
    pub queued: usize,
}

/// The link over which a server pushes invalidations to this node.
///
/// ```
/// use cachery::health::Push;
///
/// let follows = |push: Push| matches!(push, Push::Up | Push::Subscribed);
/// assert!(!follows(Push::Forbidden));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Push {
    /// The server pushes.
    Up,
    /// The server does not push, and publishes invalidations: a message that was lost is noticed,
    /// and memory is emptied then.
    Subscribed,
    /// The link is being connected.
    Down,
    /// The server allows neither `CLIENT TRACKING` nor pub/sub: memory keeps entries for the outage ttl only.
    Forbidden,
    /// The server is reached by a REST API, which pushes nothing: memory keeps entries for the outage
    /// ttl only.
    Absent,
}

/// The state of the breaker that keeps callers from waiting for a server that does not reply.
///
/// ```
/// use cachery::health::Breaker;
///
/// assert_eq!(serde_json::to_string(&Breaker::HalfOpen).unwrap(), "\"half-open\"");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Breaker {
    /// Calls use the server.
    Closed,
    /// Calls do without the server.
    Open,
    /// A probe tests the server; calls do without it.
    HalfOpen,
}

impl ServerHealth {
    /// Returns the health of a server of which nothing is known yet. For tiers.
    pub fn unknown(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            status: Status::Down,
            problems: Vec::new(),
            notes: Vec::new(),
            reason: None,
            round_trip: None,
            version: None,
            eviction_policy: None,
            clock_offset: None,
            role: None,
            replicas: None,
            push: Push::Down,
            staleness: None,
            breaker: Breaker::Closed,
            queued: 0,
        }
    }
}

impl Health {
    pub(crate) fn of(
        servers: Vec<ServerHealth>,
        prefix: Option<String>,
        faults: Vec<Fault>,
        notes: Vec<String>,
    ) -> Self {
        let degraded = if faults.is_empty() { Status::Up } else { Status::Degraded };
        let status = servers.iter().map(|server| server.status).fold(degraded, Ord::max);
        Self { status, servers, prefix, faults, notes }
    }
}
