//! A Redis Cluster, routed by this crate: redis-rs' own cluster client has no hook to set up each
//! connection, so each master is a server with its connections, its breaker and its link.

mod discovery;
mod members;
mod slot_ranges;

use std::{pin::Pin, sync::Arc};

use cachery_core::ServerHealth;
use tokio::{task::AbortHandle, time::Sleep};

use self::{discovery::Discovery, members::Members};
use crate::{
    connection::{ConnectError, Credentials, Host, Redirect, RequestError},
    manager,
    server::{Server, Shared},
};

/// A Redis Cluster. Dropping it ends its connections.
pub(crate) struct Cluster {
    shared: Arc<Shared>,
    members: Arc<Members>,
    discovery: Arc<Discovery>,
    keeper: AbortHandle,
}

impl Cluster {
    /// Begins to connect, in the background and for ever.
    pub(crate) fn open(
        shared: Arc<Shared>,
        credentials: Arc<Credentials>,
        seeds: Vec<Host>,
    ) -> Self {
        let members = Arc::new(Members::new(Arc::clone(&shared), Arc::clone(&credentials)));
        let discovery =
            Discovery::new(Arc::clone(&shared), credentials, seeds, Arc::clone(&members));
        let discovery = Arc::new(discovery);
        let keeper = manager::handle().spawn(Arc::clone(&discovery).keep()).abort_handle();
        Self { shared, members, discovery, keeper }
    }

    /// Returns the master of `slot`. Waits until any node has named the masters.
    pub(crate) async fn owner(
        &self,
        slot: u16,
        deadline: Pin<&mut Sleep>,
    ) -> Result<Arc<Server>, RequestError> {
        if let Some(server) = self.members.owner(slot) {
            return Ok(server);
        }
        self.settled(deadline).await?;
        self.members.owner(slot).ok_or_else(|| {
            self.shared.topology_changed.notify_one();
            RequestError::CLUSTER_DOWN
        })
    }

    /// Returns the master of `slot`, if it is known.
    pub(crate) fn known_owner(&self, slot: u16) -> Option<Arc<Server>> {
        self.members.owner(slot)
    }

    /// Waits until any node has named the masters, or failed to.
    pub(crate) async fn settled(&self, deadline: Pin<&mut Sleep>) -> Result<(), RequestError> {
        self.discovery.settled(deadline).await.map_err(|error| error.for_requests())
    }

    /// Returns the server to which the server `from` redirects. It has the slot from now on, unless
    /// that is on its way.
    pub(crate) fn redirect(&self, redirect: &Redirect, from: &Server) -> Option<Arc<Server>> {
        self.members.redirect(redirect, from)
    }

    /// Returns the masters that are known.
    pub(crate) fn members(&self) -> Vec<Arc<Server>> {
        self.members.all()
    }

    /// Waits until some node has named the masters.
    pub(crate) async fn reached(&self, deadline: Pin<&mut Sleep>) -> Result<(), ConnectError> {
        self.discovery.reached(deadline).await
    }

    /// Returns the cluster's name before its masters are known.
    pub(crate) fn address(&self) -> String {
        self.discovery.address()
    }

    /// Returns the cluster's health before its masters are known.
    pub(crate) fn health(&self) -> ServerHealth {
        self.discovery.health()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.keeper.abort();
        self.members.close();
    }
}
