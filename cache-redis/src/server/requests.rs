//! Requests to one server: the breaker is asked first, and what is outstanding is done first.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use cachery_core::remote::Pending;
use redis::Value;
use tokio::{sync::SemaphorePermit, time::Sleep};

use super::{
    connections::Connections, replay::Replays, runtime_connection::RuntimeConnection,
    state::ServerState,
};
use crate::{
    connection::{Request, RequestError, Session},
    manager,
};

/// The connection of a request. The replies behind a large value wait until it is through, so large
/// values have a connection of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Main,
    Large,
}

/// Requests to one server.
pub(super) struct Requests {
    pub(super) state: Arc<ServerState>,
    pub(super) connections: Arc<Connections>,
    /// The connections for large values, made at their first use.
    pub(super) large: Arc<Connections>,
    pub(super) replays: Arc<Replays>,
}

impl Requests {
    /// Sends a request over the connection of this runtime.
    pub(super) async fn ask(
        &self,
        request: Request<'_>,
        mut deadline: Pin<&mut Sleep>,
        within: Duration,
        lane: Lane,
    ) -> Result<Vec<Value>, RequestError> {
        if !self.state.breaker.admits() {
            return Err(RequestError::BREAKER_OPEN);
        }
        let connection = match lane {
            Lane::Main => self.connections.current(),
            Lane::Large => self.large.current(),
        };
        let session = connection.session(deadline.as_mut()).await;
        let session = session.inspect_err(|error| self.state.record(error))?;
        let _turn = match connection.window.try_enter() {
            Some(turn) => turn,
            None => self.wait_for_turn(&connection, deadline.as_mut(), within).await?,
        };
        // Asked after the connection is there: what a new one makes suspect is known by then.
        if self.state.shared.hooks.has_outstanding() {
            self.replays.next(deadline.as_mut()).await?;
        }
        match lane {
            Lane::Main => ask_over(&session, &self.state, request, deadline).await,
            // That a large value is slow says nothing about the server.
            Lane::Large => session.ask_patiently(request, deadline).await,
        }
    }

    /// Waits for a turn. Rare, and so not part of the future of every request.
    fn wait_for_turn<'a: 'b, 'b>(
        &'a self,
        connection: &'a RuntimeConnection,
        deadline: Pin<&'b mut Sleep>,
        within: Duration,
    ) -> Pending<'b, Result<SemaphorePermit<'a>, RequestError>> {
        Box::pin(async move {
            let turn = connection.window.enter(deadline, within).await;
            let turn = turn.inspect_err(|error| self.state.record(error))?;
            // It may have opened meanwhile.
            if self.state.breaker.admits() { Ok(turn) } else { Err(RequestError::BREAKER_OPEN) }
        })
    }

    /// Waits until this runtime has a connection. Returns false when `deadline` comes first, or an
    /// error that only a person can remove.
    pub(super) async fn connected(&self, deadline: Pin<&mut Sleep>) -> bool {
        let connection = self.connections.current();
        let connected = async {
            tokio::select! {
                () = connection.up() => true,
                () = self.state.waiting_is_vain() => false,
            }
        };
        manager::until(deadline, pin!(connected)).await.unwrap_or(false)
    }
}

/// Sends a request over `session` and records the outcome.
pub(super) async fn ask_over(
    session: &Session,
    state: &ServerState,
    request: Request<'_>,
    deadline: Pin<&mut Sleep>,
) -> Result<Vec<Value>, RequestError> {
    let result = session.ask(request, deadline).await;
    match &result {
        Err(error) => state.record(error),
        Ok(replies) if replies.iter().any(is_full) => state.observed.found_full(),
        Ok(_) => {}
    }
    if result.as_ref().err().is_none_or(|error| !error.counts_against_server) {
        state.breaker.answered();
    }
    result
}

/// Returns true for a reply of a server that stored nothing, because its memory is full.
fn is_full(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if error.code() == "OOM")
}
