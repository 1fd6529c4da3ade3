//! The manager's own connection to a server. It carries the server's pushes and a heartbeat, replays what must be done before
//! anything else, and is the probe while the breaker is open: no caller ever is.

mod tend;

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use redis::{Pipeline, PushInfo, PushKind, Value};
use tokio::sync::{Notify, watch};

use super::{
    Server,
    backoff::Backoff,
    info::Reign,
    locked,
    session::{OnPush, Session},
};
use crate::{
    manager,
    servers::{Duties, seen},
};

const HEARTBEAT: Duration = Duration::from_secs(1);
const LEAST_PAUSE: Duration = Duration::from_millis(100);
const MOST_PAUSE: Duration = Duration::from_secs(5);

/// What others see and want of the link.
pub(super) struct Link {
    state: watch::Sender<State>,
    /// With whom it stands, if it does and that is known.
    reign: Mutex<Option<Reign>>,
    /// With whom the latest connection of all stands.
    latest: Mutex<Option<Reign>>,
    settled: watch::Sender<bool>,
    /// The breaker has opened.
    opened: Notify,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Starting,
    Up,
    /// It was up, and one attempt will show what is wrong.
    Lost,
    Down,
    Forbidden,
}

impl Link {
    pub(super) fn new() -> Self {
        Self {
            state: watch::Sender::new(State::Starting),
            reign: Mutex::default(),
            latest: Mutex::default(),
            settled: watch::Sender::new(false),
            opened: Notify::new(),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        *self.state.borrow() == State::Up
    }

    /// Whether it stands with this master.
    pub(super) fn stands_with(&self, reign: Option<&Reign>) -> bool {
        reign.is_some() && locked(&self.reign).as_ref() == reign
    }

    /// A connection was made.
    pub(super) fn heard_of(&self, reign: Option<&Reign>) {
        *locked(&self.latest) = reign.cloned();
    }

    /// Whether other connections are known to have found another master since: one address may lead to many.
    fn is_left(&self) -> bool {
        let (own, latest) = (locked(&self.reign), locked(&self.latest));
        own.is_some() && latest.is_some() && *own != *latest
    }

    pub(super) fn is_down(&self) -> bool {
        *self.state.borrow() == State::Down
    }

    pub(super) fn push(&self) -> cachery_core::Push {
        match *self.state.borrow() {
            State::Up => cachery_core::Push::Up,
            State::Starting | State::Lost | State::Down => cachery_core::Push::Down,
            State::Forbidden => cachery_core::Push::Forbidden,
        }
    }

    /// Waits until it is known whether the server pushes, and the registry was told.
    pub(super) async fn settled(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.settled.subscribe().wait_for(|settled| *settled).await;
    }

    /// The breaker has opened.
    pub(super) fn probe(&self) {
        self.opened.notify_one();
    }
}

/// Keeps the link of `server` for ever.
pub(super) async fn keep(server: Arc<Server>) {
    let mut backoff = Backoff::new(LEAST_PAUSE, MOST_PAUSE);
    loop {
        server.probing();
        match server.connect(Some(on_push(&server.shared.duties)), false).await {
            Ok(session) => {
                serve(&server, &session).await;
                server.shared.duties.lost(&|slot| server.owns(slot));
                backoff.ended(session.opened().elapsed());
            }
            Err(refusal) => {
                server.replays.fail(refusal.for_callers());
            }
        }
        server.unlinked();
        manager::timer(backoff.pause()).await;
    }
}

async fn serve(server: &Server, session: &Arc<Session>) {
    if server.replay(session).await.is_some() {
        return;
    }
    let Some(state) = server.track(session).await else { return };
    *locked(&server.link.reign) = session.reign().cloned();
    server.linked_as(state);
    server.tend(session).await;
    *locked(&server.link.reign) = None;
}

/// What the server tells, in the order in which it tells it.
fn on_push(duties: &Arc<dyn Duties>) -> OnPush {
    let duties = Arc::clone(duties);
    Arc::new(move |push: PushInfo| {
        if push.kind == PushKind::Invalidate {
            invalidated(&*duties, push.data);
        }
    })
}

fn invalidated(duties: &dyn Duties, data: Vec<Value>) {
    match data.into_iter().next() {
        Some(Value::Array(names)) => {
            let name = |value| if let Value::BulkString(name) = value { Some(name) } else { None };
            let names: Vec<_> = names.into_iter().filter_map(name).collect();
            duties.pushed(&names);
        }
        _ => duties.flushed(),
    }
}

impl Server {
    /// Asks the server to tell of changes below the prefix. `None` when the connection is no good.
    async fn track(&self, session: &Session) -> Option<State> {
        if !session.pushes {
            return Some(State::Forbidden);
        }
        let mut pipeline = Pipeline::new();
        pipeline
            .cmd("CLIENT")
            .arg("TRACKING")
            .arg("ON")
            .arg("BCAST")
            .arg("PREFIX")
            .arg(&*self.shared.watched);
        let limit = pin!(manager::timer(HEARTBEAT));
        match manager::until(limit, pin!(session.send(&pipeline))).await?.ok()?.first() {
            Some(Value::ServerError(_)) => Some(State::Forbidden),
            _ => Some(State::Up),
        }
    }

    /// All that must be done first is done, and the server tells of changes from now on, or never will.
    fn linked_as(&self, state: State) {
        let before = self.link.state.send_replace(state);
        if state == State::Forbidden && before != State::Forbidden {
            let address = self.address();
            tracing::warn!(%address, "Redis does not allow `CLIENT TRACKING`: memory entries live for the outage ttl at most; grant `+client|tracking` and RESP3 (`+hello`)");
        }
        self.mend();
        self.review("push-link");
        self.link.settled.send_replace(true);
    }

    fn unlinked(&self) {
        self.link.state.send_modify(|state| {
            *state = match *state {
                State::Up => State::Lost,
                State::Lost => State::Down,
                other => other,
            }
        });
        if self.circuit.refused() {
            seen::breaker(&self.address(), self.circuit.state());
        }
        self.review("push-link");
    }

    fn probing(&self) {
        if self.circuit.probing() {
            seen::breaker(&self.address(), self.circuit.state());
        }
    }

    /// The server works: callers may use it again.
    fn mend(&self) {
        if self.circuit.close() {
            seen::breaker(&self.address(), self.circuit.state());
        }
    }
}
