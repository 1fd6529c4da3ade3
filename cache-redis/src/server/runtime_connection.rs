//! The connection to one server from one runtime.

use std::{
    pin::{Pin, pin},
    sync::{Arc, OnceLock},
};

use tokio::{sync::watch, task::AbortHandle, time::Sleep};

use super::{
    connector::{Connector, Earlier},
    window::Window,
};
use crate::{
    connection::{RequestError, Session},
    manager,
};

/// A connection, or the reason for which there is none. It lives on the runtime that made it and
/// ends with it, so each runtime has its own.
pub(super) struct RuntimeConnection {
    state: watch::Sender<State>,
    task: OnceLock<AbortHandle>,
    pub(super) window: Window,
}

#[derive(Clone)]
enum State {
    /// The first attempt runs, or the first after a loss.
    Connecting,
    Up(Arc<Session>),
    /// The last attempt failed.
    Down(RequestError),
}

impl State {
    fn known(&self) -> Option<Result<Arc<Session>, RequestError>> {
        match self {
            Self::Connecting => None,
            Self::Up(session) => Some(Ok(Arc::clone(session))),
            Self::Down(error) => Some(Err(error.clone())),
        }
    }
}

impl RuntimeConnection {
    /// Returns one that no task keeps yet. `last` is the error of the last attempt to connect to
    /// the server, if it failed.
    pub(super) fn new(last: Option<RequestError>) -> Arc<Self> {
        let first = last.map_or(State::Connecting, State::Down);
        let state = watch::Sender::new(first);
        Arc::new(Self { state, task: OnceLock::new(), window: Window::new() })
    }

    /// Hands over the task that keeps the connection.
    pub(super) fn kept_by(&self, task: AbortHandle) {
        let _ = self.task.set(task);
    }

    /// Returns the session. Waits for it while it is being made, but not when making it has just
    /// failed.
    pub(super) async fn session(
        &self,
        deadline: Pin<&mut Sleep>,
    ) -> Result<Arc<Session>, RequestError> {
        if let Some(known) = self.state.borrow().known() {
            return known;
        }
        let mut states = self.state.subscribe();
        let change = states.wait_for(|state| state.known().is_some());
        match manager::until(deadline, pin!(change)).await {
            Some(Ok(state)) => state.known().unwrap_or(Err(RequestError::CONNECTING)),
            // A wait in vain means a server that does not answer.
            _ => Err(RequestError { counts_against_server: true, ..RequestError::CONNECTING }),
        }
    }

    /// Waits for the connection as long as that takes.
    pub(super) async fn up(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.state.subscribe().wait_for(|state| matches!(state, State::Up(_))).await;
    }

    /// Connects for ever. Between a loss and the first failed attempt callers wait, within their
    /// budget.
    pub(super) async fn keep(self: Arc<Self>, connector: Arc<Connector>) {
        let mut earlier = Earlier::None;
        loop {
            connector.admitted().await;
            match connector.connect(None, earlier).await {
                Ok(session) => {
                    earlier = Earlier::Lost;
                    self.state.send_replace(State::Up(Arc::clone(&session)));
                    session.ended().await;
                    self.state.send_replace(State::Connecting);
                    connector.lost(&session);
                }
                Err(error) => drop(self.state.send_replace(State::Down(error.for_requests()))),
            }
        }
    }

    /// Ends the task and the connection.
    pub(super) fn close(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
        self.ended();
    }

    /// Notes that the task ended.
    pub(super) fn ended(&self) {
        self.state.send_replace(State::Down(RequestError::CONNECTING));
    }
}
