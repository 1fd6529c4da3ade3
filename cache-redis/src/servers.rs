//! All servers of a registry: the routing of requests, and their outcomes.

mod redirections;
#[cfg(test)]
mod tests;

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use cachery_core::{
    ServerHealth, observe,
    remote::{Operation, Reason, Target},
    resources::Resources,
};
use redis::Value;
use thiserror::Error;
use tokio::time::Sleep;
use tracing::{Span, field::Empty, info_span};

use self::redirections::Asked;
use crate::{
    cluster::Cluster,
    connection::{
        ConnectError, Credentials, Dialect, Location, Request, RequestError, Topology, Way, way_to,
    },
    manager,
    open_error::OpenError,
    server::{Lane, Reading, Server, ServerHooks, Shared, Watched},
    slots::{SlotOwners, slot},
};

/// The time that health waits for the first attempt to connect.
const FIRST_ATTEMPT: Duration = Duration::from_millis(500);

/// Checks a target without connecting.
pub(crate) fn check(target: &Target) -> Result<(), OpenError> {
    Topology::read(target).map(drop)
}

/// Tells whether a target is a Redis Cluster.
pub(crate) fn is_cluster(target: &Target) -> Result<bool, OpenError> {
    Ok(matches!(Topology::read(target)?.location, Location::Cluster(_)))
}

/// All servers of a registry. Dropping it ends their connections.
pub(crate) struct Servers {
    shared: Arc<Shared>,
    members: Members,
    location: Location,
    credentials: Arc<Credentials>,
}

enum Members {
    Single(Arc<Server>),
    Cluster(Cluster),
}

/// A store that was not reached in time.
#[derive(Debug, Error)]
#[error("{place}: {error}")]
pub(crate) struct NotConnected {
    place: String,
    error: ConnectError,
}

impl Servers {
    /// Begins to connect, in the background and for ever. Where the servers are `required`, nothing
    /// is logged before [`connected`](Self::connected) has succeeded.
    pub(crate) fn open(
        target: &Target,
        watched: Watched,
        hooks: Arc<dyn ServerHooks>,
        required: bool,
    ) -> Result<Arc<Self>, OpenError> {
        let Topology { location, credentials, is_unverified } = Topology::read(target)?;
        manager::start()?;
        let credentials = Arc::new(credentials);
        let is_rest = matches!(location, Location::Rest(_));
        let shared = |slots| {
            let shared = Shared::new(hooks, watched, slots, required, is_rest);
            shared.set_unverified(is_unverified);
            shared
        };
        let (shared, members) = match way_to(&location, &credentials) {
            Way::Server(endpoint) => {
                let shared = shared(SlotOwners::all(1));
                let server = Server::open(1, *endpoint, Arc::clone(&shared));
                (shared, Members::Single(server))
            }
            Way::Cluster { seeds } => {
                let shared = shared(SlotOwners::all(0));
                let cluster = Cluster::open(Arc::clone(&shared), Arc::clone(&credentials), seeds);
                (shared, Members::Cluster(cluster))
            }
        };
        Ok(Arc::new(Self { shared, members, location, credentials }))
    }

    /// Uses the credentials of `target` for all connections that are made from now on. Those that
    /// stand are left alone. Returns false, and changes nothing, where `target` is another place.
    pub(crate) fn take_over(&self, target: &Target) -> bool {
        let Ok(Topology { location, credentials, is_unverified }) = Topology::read(target) else {
            return false;
        };
        if location != self.location || !self.credentials.take_over(credentials) {
            return false;
        }
        self.shared.set_unverified(is_unverified);
        self.members().iter().for_each(|server| server.try_now());
        self.shared.topology_changed.notify_one();
        true
    }

    /// Sends a request, whose keys are all in `slot`, to the slot's master and returns its
    /// replies. One that concerns the command alone, such as `OOM`, may be a
    /// `Value::ServerError`. Ends within `within`, and at once while the breaker is open.
    pub(crate) async fn request(
        &self,
        slot: u16,
        request: Request<'_>,
        op: Operation,
        within: Duration,
        lane: Lane,
    ) -> Result<Vec<Value>, Reason> {
        let began = Instant::now();
        if manager::caller_ends() {
            observe::request(op, began, Some(Reason::ThreadEnds.as_str()));
            return Err(Reason::ThreadEnds);
        }
        let span = info_span!(
            "cache.redis",
            db.system.name = "redis",
            db.operation.name = op.as_str(),
            server.address = Empty,
            db.response.status_code = Empty
        );
        let deadline = pin!(manager::timer(within));
        let route = pin!(self.route(slot, request, deadline, within, lane, &span));
        let result = inside(&span, route).await.map_err(|error| error.reason);
        let label = result.as_ref().err().map(|reason| reason.as_str());
        if let Some(label) = label {
            span.record("db.response.status_code", label);
        }
        observe::request(op, began, label);
        result
    }

    async fn route(
        &self,
        slot: u16,
        request: Request<'_>,
        mut deadline: Pin<&mut Sleep>,
        within: Duration,
        lane: Lane,
        span: &Span,
    ) -> Result<Vec<Value>, RequestError> {
        let server = match &self.members {
            Members::Single(server) => Arc::clone(server),
            Members::Cluster(cluster) => cluster.owner(slot, deadline.as_mut()).await?,
        };
        if !span.is_disabled() {
            span.record("server.address", &*server.address());
        }
        let replies = server.ask(request, deadline.as_mut(), within, lane).await?;
        let Some(error) = replies.iter().find_map(RequestError::elsewhere) else {
            return Ok(replies);
        };
        match &self.members {
            Members::Single(_) => Err(error),
            Members::Cluster(cluster) => {
                let asked = Asked { cluster, request, within, lane };
                // Rare, and so not part of the future of every request.
                Box::pin(asked.follow(server, replies, deadline)).await
            }
        }
    }

    /// Returns the slot of `key`. One server has them all, and any number will do.
    pub(crate) fn slot(&self, key: &[u8]) -> u16 {
        if self.is_cluster() { slot(key) } else { 0 }
    }

    /// Returns the form of scripts that every server takes.
    pub(crate) fn dialect(&self) -> Dialect {
        self.shared.dialect()
    }

    /// Returns true when keys of different slots may be on different servers.
    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self.members, Members::Cluster(_))
    }

    /// Waits until the masters are known.
    pub(crate) async fn routed(&self, within: Duration) -> Result<(), Reason> {
        match &self.members {
            Members::Single(_) => Ok(()),
            Members::Cluster(_) if manager::caller_ends() => Err(Reason::ThreadEnds),
            Members::Cluster(cluster) => {
                let settled = cluster.settled(pin!(manager::timer(within))).await;
                settled.map_err(|error| error.reason)
            }
        }
    }

    /// Returns the number of the server that owns `slot`; 0 when it is not known.
    pub(crate) fn owner(&self, slot: u16) -> u16 {
        self.shared.slots.owner(slot)
    }

    /// Has all servers do what is outstanding, without waiting for it.
    pub(crate) fn replay_soon(&self) {
        self.members().iter().for_each(|server| server.replay_soon());
    }

    /// Returns a reading of the clock of the master of `slot`, if there is one of late.
    pub(crate) fn clock(&self, slot: u16) -> Option<Reading> {
        match &self.members {
            Members::Single(server) => server.clock(),
            Members::Cluster(cluster) => cluster.known_owner(slot)?.clock(),
        }
    }

    /// Adds the numbers of connections and of their requests.
    pub(crate) fn count_resources(&self, resources: &mut Resources) {
        self.members().iter().for_each(|server| server.count_resources(resources));
    }

    fn members(&self) -> Vec<Arc<Server>> {
        match &self.members {
            Members::Single(server) => vec![Arc::clone(server)],
            Members::Cluster(cluster) => cluster.members(),
        }
    }

    /// Waits for the first connection to every server, or for an error that only a person can
    /// remove.
    pub(crate) async fn connected(&self, within: Duration) -> Result<(), NotConnected> {
        if manager::caller_ends() {
            let place = "the caller is a thread that ends".to_owned();
            return Err(NotConnected { place, error: ConnectError::timeout() });
        }
        let mut deadline = pin!(manager::timer(within));
        if let Members::Cluster(cluster) = &self.members {
            let place = || format!("the Redis Cluster at {}", cluster.address());
            let reached = cluster.reached(deadline.as_mut()).await;
            reached.map_err(|error| NotConnected { place: place(), error })?;
        }
        let servers = self.members();
        for server in &servers {
            let place = || format!("Redis at {}", server.address());
            let connected = server.connected(deadline.as_mut()).await;
            connected.map_err(|error| NotConnected { place: place(), error })?;
        }
        for server in &servers {
            // Without its pushes a server still serves.
            let _ = manager::until(deadline.as_mut(), pin!(server.push_settled())).await;
        }
        self.shared.started();
        Ok(())
    }

    /// Returns true when every server tells of the end of loads elsewhere. The feed of a Cluster does
    /// not, because none of them is worth a request.
    pub(crate) fn wakes_waiters(&self) -> bool {
        let reception = &self.shared.reception;
        reception.is_complete() && (reception.is_pushed() || !self.is_cluster())
    }

    /// Returns true when every server works and its invalidations are heard.
    pub(crate) fn receives_invalidations(&self) -> bool {
        self.shared.reception.is_complete()
    }

    /// Returns the health of each server as far as it is known. Waits for the outcome of the first
    /// attempt to connect, while that is not known.
    pub(crate) async fn health(&self) -> Vec<ServerHealth> {
        if !manager::caller_ends() {
            self.tried(pin!(manager::timer(FIRST_ATTEMPT))).await;
        }
        let servers = self.members();
        match &self.members {
            Members::Cluster(cluster) if servers.is_empty() => vec![cluster.health()],
            _ => servers.iter().map(|server| server.health()).collect(),
        }
    }

    /// Waits for the outcome of the first attempt to connect to each server.
    async fn tried(&self, mut deadline: Pin<&mut Sleep>) {
        if let Members::Cluster(cluster) = &self.members {
            let _ = cluster.settled(deadline.as_mut()).await;
        }
        for server in &self.members() {
            let _ = manager::until(deadline.as_mut(), pin!(server.tried())).await;
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if let Members::Single(server) = &self.members {
            server.close();
        }
    }
}

/// Polls `work` inside `span`. It is pinned by the caller, because moving it in here would copy it.
fn inside<T>(span: &Span, mut work: Pin<&mut impl Future<Output = T>>) -> impl Future<Output = T> {
    poll_fn(move |cx| span.in_scope(|| work.as_mut().poll(cx)))
}
