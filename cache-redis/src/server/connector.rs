//! Attempts to connect to one server, and their consequences.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use cachery_core::observe;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{epochs::Epochs, state::ServerState};
use crate::{
    connection::{ConnectError, Endpoint, Gate, MasterEpoch, OnPush, Session},
    manager,
};

/// The limit of one attempt, the handshake included and the question for a password not.
const ATTEMPT: Duration = Duration::from_secs(1);
/// The same over HTTPS, with a request more.
const ATTEMPT_BY_REST: Duration = Duration::from_secs(3);
const LEAST_PAUSE: Duration = Duration::from_millis(50);
const MOST_PAUSE: Duration = Duration::from_secs(5);

/// The connector to one server.
pub(super) struct Connector {
    endpoint: Endpoint,
    state: Arc<ServerState>,
    gate: Mutex<Gate>,
    /// Notified when the server was reached: all who wait for the gate may try.
    reached: Notify,
    /// Notified when the credentials changed: the link tries at once.
    changed: Notify,
    pub(super) epochs: Epochs,
}

/// The earlier connection of the same owner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Earlier {
    None,
    Lost,
}

impl Connector {
    pub(super) fn new(endpoint: Endpoint, state: Arc<ServerState>) -> Self {
        let gate = Mutex::new(Gate::new(LEAST_PAUSE, MOST_PAUSE));
        let [reached, changed] = [Notify::new(), Notify::new()];
        Self { endpoint, state, gate, reached, changed, epochs: Epochs::default() }
    }

    /// Has all who wait try to connect at once, because the credentials changed.
    pub(super) fn try_now(&self) {
        self.gate.lock().succeeded();
        self.reached.notify_waiters();
        self.changed.notify_one();
    }

    /// Waits until the credentials change.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits until a connection for requests may be tried. While the breaker is open only the link
    /// tries.
    pub(super) async fn admitted(&self) {
        loop {
            self.state.breaker.closed().await;
            let mut reached = pin!(self.reached.notified());
            reached.as_mut().enable();
            let Err(wait) = self.gate.lock().enter(Instant::now()) else { return };
            let _ = manager::until(pin!(manager::timer(wait)), reached).await;
        }
    }

    /// Connects on the current runtime. From then on what the server acknowledged before is
    /// suspect; but not when no `earlier` connection was lost and the link leads to the same
    /// master.
    pub(super) async fn connect(
        &self,
        on_push: Option<OnPush>,
        earlier: Earlier,
    ) -> Result<Arc<Session>, ConnectError> {
        let began = Instant::now();
        let result = self.attempt(on_push).await;
        match &result {
            Ok(session) => {
                observe::connection("success", "none", began.elapsed());
                self.state.shared.met(session.dialect);
                self.succeeded(session.epoch(), earlier);
            }
            Err(error) => {
                observe::connection("failure", error.reason.as_str(), began.elapsed());
                self.gate.lock().failed(Instant::now());
                self.state.not_connected(error);
            }
        }
        result
    }

    async fn attempt(&self, on_push: Option<OnPush>) -> Result<Arc<Session>, ConnectError> {
        self.endpoint.renew().await?;
        let attempt = if self.state.shared.is_rest() { ATTEMPT_BY_REST } else { ATTEMPT };
        let limit = pin!(manager::timer(attempt));
        let session = manager::until(limit, pin!(self.open(on_push))).await;
        session.unwrap_or_else(|| Err(self.state.shared.no_answer()))
    }

    async fn open(&self, on_push: Option<OnPush>) -> Result<Arc<Session>, ConnectError> {
        let located = self.endpoint.locate().await?;
        self.state.set_address(located.address);
        Session::connect(&located.peer, on_push, located.role).await.map(Arc::new)
    }

    fn succeeded(&self, epoch: Option<&MasterEpoch>, earlier: Earlier) {
        self.gate.lock().succeeded();
        self.reached.notify_waiters();
        self.state.connected();
        self.epochs.connected(epoch);
        // A REST API stands before whichever master there is, and names none.
        let may_lead_elsewhere = !self.state.shared.is_rest() && !self.epochs.link_leads_to(epoch);
        if earlier == Earlier::Lost || may_lead_elsewhere {
            self.state.suspect();
        }
        self.state.publish_state("connected");
    }

    /// Notes that a connection for requests ended.
    pub(super) fn lost(&self, session: &Session) {
        self.state.session_lost();
        self.gate.lock().lost(Instant::now(), session.opened().elapsed());
        self.state.shared.topology_changed.notify_one();
    }
}
