//! The state of one server, which its connections, its link and its health share.

use std::sync::Arc;

use cachery_core::{observe, remote::Reason};
use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use super::{
    breaker::Breaker, doubts::Doubts, observed::Observed, push_channel::PushChannel,
    reception::Hearing, shared::Shared,
};
use crate::connection::{ConnectError, RequestError};

/// The state of one server.
pub(super) struct ServerState {
    /// The number that its slots carry.
    pub(super) number: u16,
    pub(super) shared: Arc<Shared>,
    pub(super) breaker: Breaker,
    pub(super) push_channel: PushChannel,
    address: RwLock<Arc<str>>,
    /// The error of the last attempt to connect, if it failed.
    connect_error: watch::Sender<Option<ConnectError>>,
    /// The requests that ran out of time.
    pub(super) doubts: Doubts,
    /// Knowledge about the server, for health.
    pub(super) observed: Observed,
    /// False after the log said that something is wrong.
    logged_as_well: Mutex<bool>,
}

impl ServerState {
    pub(super) fn new(number: u16, address: Arc<str>, shared: Arc<Shared>) -> Self {
        shared.reception.add(number);
        let observed = Observed::new(shared.is_rest());
        Self {
            number,
            shared,
            breaker: Breaker::new(),
            push_channel: PushChannel::new(),
            address: RwLock::new(address),
            connect_error: watch::Sender::new(None),
            doubts: Doubts::default(),
            observed,
            logged_as_well: Mutex::new(true),
        }
    }

    /// Returns host and port, or the path of a socket.
    pub(super) fn address(&self) -> Arc<str> {
        Arc::clone(&self.address.read())
    }

    pub(super) fn set_address(&self, address: Arc<str>) {
        *self.address.write() = address;
    }

    pub(super) fn owns(&self, slot: u16) -> bool {
        self.shared.slots.owner(slot) == self.number
    }

    /// Returns true when any invalidation must be done on it first.
    pub(super) fn has_outstanding(&self) -> bool {
        let hooks = &self.shared.hooks;
        hooks.has_outstanding() && hooks.queued(&|slot| self.owns(slot)) > 0
    }

    /// Returns true when requests are served.
    fn works(&self) -> bool {
        self.breaker.admits() && self.connect_error.borrow().is_none()
    }

    /// Returns the error of the last attempt to connect, if it failed.
    pub(super) fn connect_error(&self) -> Option<ConnectError> {
        self.connect_error.borrow().clone()
    }

    /// Waits until an attempt to connect failed for a reason that only a person can remove.
    pub(super) async fn waiting_is_vain(&self) {
        let is_final =
            |error: &Option<ConnectError>| error.as_ref().is_some_and(|error| error.is_final);
        // The sender is ours, so it cannot be gone.
        let _ = self.connect_error.subscribe().wait_for(is_final).await;
    }

    /// Tells the tier that a session ended.
    pub(super) fn session_lost(&self) {
        self.shared.hooks.lost(&|slot| self.owns(slot));
    }

    /// Tells the tier that the server may have forgotten what it acknowledged.
    pub(super) fn suspect(&self) {
        self.shared.hooks.suspect(&|slot| self.owns(slot));
    }

    /// Notes that an attempt to connect succeeded.
    pub(super) fn connected(&self) {
        self.connect_error.send_replace(None);
    }

    /// Notes that an attempt to connect failed.
    pub(super) fn not_connected(&self, error: &ConnectError) {
        self.connect_error.send_replace(Some(error.clone()));
        if error.counts_against_server {
            self.count_failure(error.reason);
        }
        self.publish_state(error.reason.as_str());
        self.shared.topology_changed.notify_one();
    }

    /// Records the error of a request: the breaker counts it, and the topology may have changed. A
    /// request that ran out of time counts when the link finds the server silent.
    pub(super) fn record(&self, error: &RequestError) {
        let ran_out = matches!(error.reason, Reason::Timeout | Reason::Connecting);
        if error.counts_against_server && !(ran_out && self.doubts.add()) {
            self.count_failure(error.reason);
        }
        if matches!(error.reason, Reason::ClusterDown | Reason::Moved | Reason::ReadOnly) {
            self.shared.topology_changed.notify_one();
        }
    }

    /// Counts a failure of the server.
    pub(super) fn count_failure(&self, reason: Reason) {
        if self.breaker.failed() {
            self.opened(reason);
        }
    }

    /// Notes that the server is silent while requests wait.
    pub(super) fn found_silent(&self) {
        if self.breaker.open() {
            self.opened(Reason::Timeout);
        }
    }

    fn opened(&self, reason: Reason) {
        self.observe_breaker();
        self.publish_state(reason.as_str());
    }

    /// Notes the reply to `INFO`, and the seconds by which the server's clock is ahead of ours.
    pub(super) fn informed(&self, info: String, clock_offset: Option<f64>) {
        self.observed.informed(info, clock_offset);
        if let Some(offset) = clock_offset {
            observe::clock_offset(&self.address(), offset);
        }
    }

    /// Notes that a probe begins, if one is needed.
    pub(super) fn probing(&self) {
        if self.breaker.probing() {
            self.observe_breaker();
        }
    }

    /// Notes that a probe failed, if one was needed.
    pub(super) fn probe_failed(&self) {
        if self.breaker.probe_failed() {
            self.observe_breaker();
        }
    }

    /// Closes the breaker: the server works.
    pub(super) fn close_breaker(&self) {
        if self.breaker.close() {
            self.observe_breaker();
        }
    }

    fn observe_breaker(&self) {
        observe::breaker(&self.address(), self.breaker.position());
    }

    /// Returns the way by which its invalidations are heard.
    fn hearing(&self) -> Hearing {
        if self.works() { self.push_channel.hearing() } else { Hearing::Nothing }
    }

    /// Logs once that the server degraded and once that it is back, and tells the registry.
    pub(super) fn publish_state(&self, reason: &'static str) {
        self.log_change(reason);
        observe::push(&self.address(), self.hearing() != Hearing::Nothing);
        self.shared.reception.update(self.number, || self.hearing());
    }

    fn log_change(&self, reason: &'static str) {
        if self.shared.is_quiet() {
            return;
        }
        let works = self.works();
        let is_well = works && !self.push_channel.is_down();
        let was_well = std::mem::replace(&mut *self.logged_as_well.lock(), is_well);
        let address = self.address();
        match (was_well, is_well) {
            (true, false) if works => tracing::warn!(
                %address,
                reason,
                "Redis does not push invalidations: until it does, memory entries live for the \
                 outage ttl at most"
            ),
            (true, false) => tracing::warn!(
                %address,
                reason,
                "Redis is out of reach: until it is back, functions run, or memory serves them \
                 for the outage ttl at most"
            ),
            (false, true) => tracing::info!(%address, "Redis is back"),
            _ => {}
        }
    }
}
