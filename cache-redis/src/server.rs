//! One server: its connections, its breaker and its link.

mod breaker;
mod clock;
mod connections;
mod connector;
mod doubts;
mod epochs;
mod feed;
mod health;
mod hooks;
mod io_probe;
mod link;
mod observed;
mod push_channel;
mod reception;
mod replay;
mod requests;
mod runtime_connection;
mod shared;
mod state;
mod window;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use cachery_core::{
    ServerHealth,
    resources::{Resource, Resources},
};
use redis::Value;
use tokio::{task::AbortHandle, time::Sleep};

pub(crate) use self::{
    clock::Reading,
    feed::FeedNames,
    hooks::{Replay, ReplayId, ServerHooks},
    requests::Lane,
    shared::{Shared, Watched},
};
use self::{
    connections::Connections, connector::Connector, link::Link, replay::Replays,
    requests::Requests, state::ServerState,
};
use crate::{
    connection::{ConnectError, Endpoint, Request, RequestError},
    manager,
};

/// One server.
pub(crate) struct Server {
    requests: Requests,
    connector: Arc<Connector>,
    link: AbortHandle,
}

impl Server {
    /// Opens a server that owns the slots with its `number`. It is connected to from now on.
    pub(crate) fn open(number: u16, endpoint: Endpoint, shared: Arc<Shared>) -> Arc<Self> {
        let state = Arc::new(ServerState::new(number, endpoint.address(), shared));
        let connector = Arc::new(Connector::new(endpoint, Arc::clone(&state)));
        let connections = Connections::new(Arc::clone(&state), Arc::clone(&connector));
        let large = Connections::new(Arc::clone(&state), Arc::clone(&connector));
        let replays = Arc::new(Replays::new(Arc::clone(&state)));
        let link = Link {
            state: Arc::clone(&state),
            connector: Arc::clone(&connector),
            replays: Arc::clone(&replays),
        };
        let link = manager::handle().spawn(link.keep()).abort_handle();
        Arc::new(Self {
            requests: Requests { state, connections, large, replays },
            connector,
            link,
        })
    }

    /// Ends all connections and tasks.
    pub(crate) fn close(&self) {
        self.link.abort();
        self.requests.connections.close();
        self.requests.large.close();
    }

    /// Sends a request over the connection of this runtime, after what is outstanding is done. In
    /// a burst it waits for its turn first, and then has all of `within` left.
    pub(crate) fn ask<'a>(
        &'a self,
        request: Request<'a>,
        deadline: Pin<&'a mut Sleep>,
        within: Duration,
        lane: Lane,
    ) -> impl Future<Output = Result<Vec<Value>, RequestError>> + 'a {
        self.requests.ask(request, deadline, within, lane)
    }

    /// Waits until this runtime has a connection, or for an error that only a person can remove.
    /// The error is that of the last attempt.
    pub(crate) async fn connected(&self, deadline: Pin<&mut Sleep>) -> Result<(), ConnectError> {
        if self.requests.connected(deadline).await {
            return Ok(());
        }
        let state = self.state();
        Err(state.connect_error().unwrap_or_else(|| state.shared.no_answer()))
    }

    /// Tries to connect at once where it is not connected, because the credentials changed.
    pub(crate) fn try_now(&self) {
        self.connector.try_now();
    }

    /// Has the link do what is outstanding, without waiting for it.
    pub(crate) fn replay_soon(&self) {
        self.requests.replays.want();
    }

    /// Waits until it is known whether the server pushes.
    pub(crate) async fn push_settled(&self) {
        self.state().push_channel.settled().await;
    }

    /// Waits for the outcome of the first attempt to connect.
    pub(crate) async fn tried(&self) {
        self.state().observed.tried().await;
    }

    /// Returns its health as far as it is known, and has the link look at it again.
    pub(crate) fn health(&self) -> ServerHealth {
        self.state().observed.look_soon();
        health::of(self.state(), &self.requests.replays)
    }

    /// Adds the numbers of its connections and of their requests.
    pub(crate) fn count_resources(&self, resources: &mut Resources) {
        // The link.
        resources.add(Resource::Connections, 1);
        self.requests.connections.count_resources(resources);
        self.requests.large.count_resources(resources);
    }

    /// Returns a reading of its clock, if there is one of late.
    pub(crate) fn clock(&self) -> Option<Reading> {
        self.state().observed.clock()
    }

    pub(crate) fn number(&self) -> u16 {
        self.state().number
    }

    /// Returns host and port, or the path of a socket.
    pub(crate) fn address(&self) -> Arc<str> {
        self.state().address()
    }

    fn state(&self) -> &ServerState {
        &self.requests.state
    }

    /// Counts the runtimes that have a connection.
    #[cfg(test)]
    pub(crate) fn connection_count(&self) -> usize {
        self.requests.connections.count()
    }
}
