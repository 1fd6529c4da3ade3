//! The connection to one server from one runtime. A connection lives on the runtime that made it and ends with it, so each runtime
//! has its own.

use std::{
    pin::{Pin, pin},
    sync::{Arc, OnceLock, Weak},
};

use tokio::{
    runtime::{Handle, Id},
    sync::watch,
    task::AbortHandle,
    time::Sleep,
};

use super::{Server, session::Session, trouble::Trouble};
use crate::manager;

/// A connection, or why there is none.
pub(super) struct Lane {
    state: watch::Sender<State>,
    task: OnceLock<AbortHandle>,
}

#[derive(Clone)]
enum State {
    /// The first attempt runs, or the first after a loss.
    Connecting,
    Up(Arc<Session>),
    /// The last attempt failed.
    Down(Trouble),
}

impl Lane {
    /// A lane that nobody keeps yet. `last` is what the server's last attempt came to, if it failed.
    pub(super) fn new(last: Option<Trouble>) -> Arc<Self> {
        let first = last.map_or(State::Connecting, State::Down);
        Arc::new(Self { state: watch::Sender::new(first), task: OnceLock::new() })
    }

    /// Begins to connect on `runtime`, and goes on as long as it and the server's registry live. No lock may be held: a runtime
    /// that has ended drops the task at once.
    pub(super) fn start(self: &Arc<Self>, server: &Arc<Server>, runtime: &Handle) {
        let entry =
            Entry { server: Arc::downgrade(server), runtime: runtime.id(), lane: Arc::downgrade(self) };
        let task = runtime.spawn(keep(Arc::clone(server), Arc::clone(self), entry));
        let _ = self.task.set(task.abort_handle());
    }

    /// The connection. Waits for it while it is being made, but not when making it has just failed.
    pub(super) async fn session(&self, deadline: Pin<&mut Sleep>) -> Result<Arc<Session>, Trouble> {
        if let Some(known) = self.state.borrow().known() {
            return known;
        }
        let mut states = self.state.subscribe();
        let change = states.wait_for(|state| state.known().is_some());
        match manager::until(deadline, pin!(change)).await {
            Some(Ok(state)) => state.known().unwrap_or(Err(Trouble::CONNECTING)),
            // Whoever waits in vain has met a server that does not answer.
            _ => Err(Trouble { counts: true, ..Trouble::CONNECTING }),
        }
    }

    /// Waits for the connection as long as that takes.
    pub(super) async fn up(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.state.subscribe().wait_for(|state| matches!(state, State::Up(_))).await;
    }

    /// Ends the task and the connection.
    pub(super) fn close(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
        self.state.send_replace(State::Down(Trouble::CONNECTING));
    }
}

impl State {
    fn known(&self) -> Option<Result<Arc<Session>, Trouble>> {
        match self {
            Self::Connecting => None,
            Self::Up(session) => Some(Ok(Arc::clone(session))),
            Self::Down(trouble) => Some(Err(trouble.clone())),
        }
    }
}

/// Connects for ever. Between a loss and the first failed attempt callers wait, within their budget.
async fn keep(server: Arc<Server>, lane: Arc<Lane>, _entry: Entry) {
    let mut first = true;
    loop {
        server.turn().await;
        match server.connect(None, first).await {
            Ok(session) => {
                first = false;
                lane.state.send_replace(State::Up(Arc::clone(&session)));
                session.ended().await;
                lane.state.send_replace(State::Connecting);
                server.lost(&session);
            }
            Err(refusal) => drop(lane.state.send_replace(State::Down(refusal.for_callers()))),
        }
    }
}

/// The lane's place in the server's table, given back when its task ends: with its runtime, or with the registry.
struct Entry {
    server: Weak<Server>,
    runtime: Id,
    lane: Weak<Lane>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(lane) = self.lane.upgrade() {
            lane.state.send_replace(State::Down(Trouble::CONNECTING));
        }
        if let Some(server) = self.server.upgrade() {
            server.forget(self.runtime, &self.lane);
            // A runtime without I/O panics at the first connection: its callers use the manager's.
            if std::thread::panicking() {
                server.lend(self.runtime);
            }
        }
    }
}
