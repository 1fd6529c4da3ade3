//! All connections of a registry to its Redis: which server has a key, and what is done with what it answers.

pub(crate) mod seen;
mod shared;
mod slots;
#[cfg(test)]
mod tests;
mod topology;

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use cachery_core::{
    ServerHealth,
    remote::{Reason, Target},
};
use redis::{Pipeline, Value};
use tokio::{task::AbortHandle, time::Sleep};
use tracing::{Span, field::Empty, info_span};

pub(crate) use self::shared::Shared;
use self::{slots::Slots, topology::Topology};
use crate::{
    access::{Origin, Plan},
    manager,
    names::slot,
    server::{Server, Trouble},
};

/// What the tier above does for the connections. The methods neither block nor panic.
pub(crate) trait Duties: Send + Sync + 'static {
    /// A session with a server that owns these slots ended: it may be lost, and what it acknowledged lately with it.
    fn lost(&self, owns: &dyn Fn(u16) -> bool);

    /// A new session with a server that owns these slots began: what it acknowledged lately may be lost.
    fn suspect(&self, owns: &dyn Fn(u16) -> bool);

    /// Whether anything waits to be done first; one atomic load, asked before every request.
    fn has_outstanding(&self) -> bool;

    /// How much that is on the server that owns these slots.
    fn queued(&self, owns: &dyn Fn(u16) -> bool) -> usize;

    /// What must be done on the server that owns these slots before anything else is asked of it.
    fn outstanding(&self, owns: &dyn Fn(u16) -> bool) -> Vec<(u64, Pipeline)>;

    /// The server has done this.
    fn done(&self, id: u64);

    /// Keys below the watched prefix changed, in the order in which the server told.
    fn pushed(&self, names: &[Vec<u8>]);

    /// The server was emptied.
    fn flushed(&self);

    /// Some server's pushes or commands are out of reach from now on.
    fn cut_off(&self);

    /// Everything is back, and what was outstanding is done.
    fn restored(&self);
}

/// Says what is wrong with a target, without connecting and without its secrets.
pub(crate) fn check(target: &Target) -> Result<(), String> {
    Plan::read(target).map(drop)
}

/// All servers of a registry. Dropping it ends their connections.
pub(crate) struct Servers {
    shared: Arc<Shared>,
    cluster: Option<Cluster>,
}

struct Cluster {
    topology: Arc<Topology>,
    keeper: AbortHandle,
}

impl Servers {
    /// Begins to connect, in the background and for ever.
    pub(crate) fn open(
        target: &Target,
        watched: Vec<u8>,
        duties: Arc<dyn Duties>,
    ) -> Result<Arc<Self>, String> {
        let plan = Plan::read(target)?;
        manager::start()?;
        Ok(Arc::new(match plan {
            Plan::Server(origin) => Self::single(*origin, Shared::new(duties, watched, Slots::all(1))),
            Plan::Cluster { seeds, door } => {
                let shared = Arc::new(Shared::new(duties, watched, Slots::all(0)));
                let topology = Arc::new(Topology::new(Arc::clone(&shared), door, seeds));
                let keeper = manager::handle().spawn(Arc::clone(&topology).keep()).abort_handle();
                Self { shared, cluster: Some(Cluster { topology, keeper }) }
            }
        }))
    }

    fn single(origin: Origin, shared: Shared) -> Self {
        let shared = Arc::new(shared);
        let server = Server::open(1, origin, Arc::clone(&shared));
        shared.change(|members| members.push(server));
        // Its first words may have come before it was a member.
        shared.review();
        Self { shared, cluster: None }
    }

    /// Sends `pipeline`, whose keys are all in `slot`, to the slot's master and returns its replies; one that concerns the command
    /// alone, such as `OOM`, may be a `Value::ServerError`. Ends within `within`, and at once while the breaker is open.
    pub(crate) async fn request(
        &self,
        slot: u16,
        pipeline: &Pipeline,
        op: &'static str,
        within: Duration,
    ) -> Result<Vec<Value>, Reason> {
        let began = Instant::now();
        let span = info_span!(
            "cache.redis",
            db.system.name = "redis",
            db.operation.name = op,
            server.address = Empty,
            db.response.status_code = Empty
        );
        let deadline = pin!(manager::timer(within));
        let route = pin!(self.route(slot, pipeline, deadline, &span));
        let answer = inside(&span, route).await;
        let label = answer.as_ref().err().map(|trouble| trouble.reason.as_str());
        if let Some(label) = label {
            span.record("db.response.status_code", label);
        }
        seen::request(op, began, label);
        answer.map_err(|trouble| trouble.reason)
    }

    async fn route(
        &self,
        slot: u16,
        pipeline: &Pipeline,
        mut deadline: Pin<&mut Sleep>,
        span: &Span,
    ) -> Result<Vec<Value>, Trouble> {
        let server = self.owner(slot, deadline.as_mut()).await?;
        if !span.is_disabled() {
            span.record("server.address", &*server.address());
        }
        let answer = server.ask(pipeline, deadline.as_mut()).await;
        match (&answer, &self.cluster) {
            (Err(Trouble { moved_to: Some(to), .. }), Some(cluster)) => {
                match cluster.topology.moved(slot, to, &server) {
                    // Rare, and so not part of what every request carries along.
                    Some(server) => Box::pin(server.ask(pipeline, deadline)).await,
                    None => answer,
                }
            }
            _ => answer,
        }
    }

    async fn owner(&self, slot: u16, deadline: Pin<&mut Sleep>) -> Result<Arc<Server>, Trouble> {
        let owner = || self.shared.member(self.shared.slots.owner(slot));
        if let Some(server) = owner() {
            return Ok(server);
        }
        if let Some(cluster) = &self.cluster {
            cluster.topology.known(deadline).await.map_err(|refusal| refusal.for_callers())?;
        }
        owner().ok_or_else(|| {
            self.shared.stale.notify_one();
            Trouble::CLUSTER_DOWN
        })
    }

    /// The slot of `key`; one server has them all, and need not be told which.
    pub(crate) fn slot(&self, key: &[u8]) -> u16 {
        if self.is_cluster() { slot(key) } else { 0 }
    }

    /// Whether keys of different slots may be on different servers.
    pub(crate) fn is_cluster(&self) -> bool {
        self.cluster.is_some()
    }

    /// Waits for the first connection to every server, and says why one cannot be made.
    pub(crate) async fn connected(&self, within: Duration) -> Result<(), String> {
        let mut deadline = pin!(manager::timer(within));
        if let Some(cluster) = &self.cluster {
            cluster.topology.reached(deadline.as_mut()).await?;
        }
        let servers = self.shared.members();
        for server in &servers {
            server.connected(deadline.as_mut()).await?;
        }
        for server in &servers {
            // Without its pushes a server still serves.
            let _ = manager::until(deadline.as_mut(), pin!(server.linked())).await;
        }
        Ok(())
    }

    /// Whether every server works and tells of invalidations.
    pub(crate) fn receives_invalidations(&self) -> bool {
        self.shared.receives_invalidations()
    }

    /// How each server is.
    pub(crate) async fn health(&self) -> Vec<ServerHealth> {
        let mut all = Vec::new();
        for server in self.shared.members() {
            all.push(server.health().await);
        }
        match &self.cluster {
            Some(cluster) if all.is_empty() => vec![cluster.topology.health()],
            _ => all,
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if let Some(cluster) = &self.cluster {
            cluster.keeper.abort();
        }
        let servers = self.shared.change(std::mem::take);
        for server in servers {
            server.close();
        }
    }
}

/// Polls `work` inside `span`. It is pinned by the caller: to take it along would copy it.
fn inside<T>(span: &Span, mut work: Pin<&mut impl Future<Output = T>>) -> impl Future<Output = T> {
    poll_fn(move |cx| span.in_scope(|| work.as_mut().poll(cx)))
}
