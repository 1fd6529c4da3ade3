//! One server: its lanes, its breaker and its link.

mod backoff;
mod circuit;
mod connect;
mod health;
mod info;
mod lane;
mod lanes;
mod link;
mod refusal;
mod replay;
mod session;
mod trouble;

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use cachery_core::remote::Reason;
use redis::{Pipeline, Value};
use tokio::{sync::Notify, task::AbortHandle, time::Sleep};

use self::{backoff::Gate, circuit::Circuit, lanes::Lanes, link::Link, replay::Replays};
pub(crate) use self::{refusal::Refusal, session::Session, trouble::Trouble};
use crate::{
    access::Origin,
    manager,
    servers::{Shared, seen},
};

const LEAST_PAUSE: Duration = Duration::from_millis(50);
const MOST_PAUSE: Duration = Duration::from_secs(5);

/// One server.
pub(crate) struct Server {
    number: u16,
    origin: Origin,
    address: RwLock<Arc<str>>,
    shared: Arc<Shared>,
    lanes: Lanes,
    gate: Mutex<Gate>,
    /// Notified when the server was reached: whoever waits at the gate may try.
    reached: Notify,
    circuit: Circuit,
    link: Link,
    replays: Replays,
    /// Why the last attempt to connect failed, if it did.
    refusal: Mutex<Option<Refusal>>,
    /// Whether the log has it that all is well, or nothing yet.
    well: Mutex<bool>,
    keeper: OnceLock<AbortHandle>,
}

impl Server {
    /// A server that owns the slots that carry its `number`. It is connected to from now on.
    pub(crate) fn open(number: u16, origin: Origin, shared: Arc<Shared>) -> Arc<Self> {
        let server = Arc::new(Self {
            number,
            address: RwLock::new(origin.address()),
            origin,
            shared,
            lanes: Lanes::default(),
            gate: Mutex::new(Gate::new(LEAST_PAUSE, MOST_PAUSE)),
            reached: Notify::new(),
            circuit: Circuit::new(),
            link: Link::new(),
            replays: Replays::default(),
            refusal: Mutex::default(),
            well: Mutex::new(true),
            keeper: OnceLock::new(),
        });
        let keeper = manager::handle().spawn(link::keep(Arc::clone(&server)));
        let _ = server.keeper.set(keeper.abort_handle());
        server
    }

    /// Ends all connections and tasks.
    pub(crate) fn close(&self) {
        if let Some(keeper) = self.keeper.get() {
            keeper.abort();
        }
        self.lanes.close();
    }

    /// Sends `pipeline` over this runtime's connection, after what must be done first.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        pipeline: &Pipeline,
        mut deadline: Pin<&mut Sleep>,
    ) -> Result<Vec<Value>, Trouble> {
        if !self.circuit.admits() {
            return Err(Trouble::BREAKER_OPEN);
        }
        let session = self.lane().session(deadline.as_mut()).await;
        let session = session.inspect_err(|trouble| self.heed(trouble))?;
        // Asked after the connection is there: what a new one makes suspect is known by then.
        if self.shared.duties.has_outstanding() {
            self.replays.next(deadline.as_mut()).await?;
        }
        self.send(&session, pipeline, deadline).await
    }

    /// Sends `pipeline` and minds what the answer says about the server.
    async fn send(
        &self,
        session: &Session,
        pipeline: &Pipeline,
        deadline: Pin<&mut Sleep>,
    ) -> Result<Vec<Value>, Trouble> {
        let answer = session.ask(pipeline, deadline).await;
        if let Err(trouble) = &answer {
            self.heed(trouble);
        }
        if answer.as_ref().err().is_none_or(|trouble| !trouble.counts) {
            self.circuit.answered();
        }
        answer
    }

    /// Waits until this runtime has a connection; when there is none in time, says why.
    pub(crate) async fn connected(self: &Arc<Self>, deadline: Pin<&mut Sleep>) -> Result<(), String> {
        if manager::until(deadline, pin!(self.lane().up())).await.is_some() {
            return Ok(());
        }
        let refusal = locked(&self.refusal).clone().unwrap_or_else(Refusal::timeout);
        Err(format!("Redis at {}: {}", self.address(), refusal.said))
    }

    /// Waits until it is known whether the server pushes.
    pub(crate) async fn linked(&self) {
        self.link.settled().await;
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// Host and port, or the path of a socket.
    pub(crate) fn address(&self) -> Arc<str> {
        Arc::clone(&self.address.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether its commands work and it tells of invalidations.
    pub(crate) fn receives_invalidations(&self) -> bool {
        self.works() && self.link.is_up()
    }

    fn works(&self) -> bool {
        self.circuit.admits() && locked(&self.refusal).is_none()
    }

    fn owns(&self, slot: u16) -> bool {
        self.shared.slots.owner(slot) == self.number
    }

    /// Minds what a trouble says about the server.
    fn heed(&self, trouble: &Trouble) {
        if trouble.counts {
            self.failed(trouble.reason);
        }
        if matches!(trouble.reason, Reason::ClusterDown | Reason::Moved | Reason::ReadOnly) {
            self.shared.stale.notify_one();
        }
    }

    fn failed(&self, reason: Reason) {
        if self.circuit.failed() {
            seen::breaker(&self.address(), self.circuit.state());
            self.link.probe();
            self.review(reason.as_str());
        }
    }

    /// Says once in the log that the server degraded, and once that it is back; then the registry hears of it.
    fn review(&self, reason: &'static str) {
        let works = self.works();
        let well = works && !self.link.is_down();
        let was = std::mem::replace(&mut *locked(&self.well), well);
        let address = self.address();
        match (was, well) {
            (true, false) if works => {
                tracing::warn!(%address, reason, "Redis does not tell of invalidations: until it does, memory entries live for the outage ttl at most");
            }
            (true, false) => {
                tracing::warn!(%address, reason, "Redis is out of reach: until it is back, functions run, or are answered from memory for the outage ttl at most");
            }
            (false, true) => tracing::info!(%address, "Redis is back"),
            _ => {}
        }
        self.shared.review();
    }
}

/// Nothing that panics is done under our locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
