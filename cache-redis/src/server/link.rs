//! The manager's own connection to a server. It carries the server's pushes and a heartbeat, and
//! sends queued invalidations before callers may read. While the breaker is open, it alone tries to
//! reach the server, so that no caller waits for that.

mod watch;

use std::{pin::pin, sync::Arc, time::Duration};

use redis::{Pipeline, PushInfo, PushKind, Value};

use super::{
    connector::{Connector, Earlier},
    feed::{Feed, NoFeed},
    hooks::ServerHooks,
    push_channel::PushState,
    replay::Replays,
    state::ServerState,
};
use crate::{
    connection::{Backoff, OnPush, Session},
    manager,
};

const HEARTBEAT: Duration = Duration::from_secs(1);
const LEAST_PAUSE: Duration = Duration::from_millis(100);
const MOST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause while an invalidation waits: it is done within a second of the server's
/// return.
const HURRIED_PAUSE: Duration = Duration::from_millis(500);

/// The manager's own connection to a server.
pub(super) struct Link {
    pub(super) state: Arc<ServerState>,
    pub(super) connector: Arc<Connector>,
    pub(super) replays: Arc<Replays>,
}

impl Link {
    /// Keeps the link up for ever.
    pub(super) async fn keep(self) {
        let mut backoff = Backoff::new(LEAST_PAUSE, MOST_PAUSE);
        // A connection that was made before may lead to another master; by REST none does.
        let mut earlier = if self.state.shared.is_rest() { Earlier::None } else { Earlier::Lost };
        loop {
            self.state.probing();
            let on_push = on_push(&self.state.shared.hooks);
            match self.connector.connect(Some(on_push), earlier).await {
                Ok(session) => {
                    earlier = Earlier::Lost;
                    self.serve(&session).await;
                    self.state.session_lost();
                    backoff.ended(session.opened().elapsed());
                }
                Err(error) => self.replays.fail(error.for_requests()),
            }
            self.state.observed.tried_once();
            self.disconnected();
            self.rest(backoff.pause()).await;
        }
    }

    /// Waits for `pause`; for less where the credentials change, and where an invalidation waits or
    /// is queued meanwhile.
    async fn rest(&self, pause: Duration) {
        tokio::select! {
            () = self.connector.changed() => {}
            () = self.rest_unless_hurried(pause) => {}
        }
    }

    async fn rest_unless_hurried(&self, pause: Duration) {
        let mut over = pin!(manager::timer(pause));
        let hurried = pause.min(HURRIED_PAUSE);
        let _ = manager::until(over.as_mut(), pin!(manager::timer(hurried))).await;
        while !self.state.has_outstanding() {
            let wanted = pin!(self.replays.wanted());
            if manager::until(over.as_mut(), wanted).await.is_none() {
                return;
            }
        }
    }

    async fn serve(&self, session: &Arc<Session>) {
        if self.replays.run(session).await.is_err() {
            return;
        }
        let Some(state) = self.track(session).await else { return };
        let (state, feed) = match state {
            PushState::Forbidden => self.listen(session).await,
            state => (state, None),
        };
        self.look(session).await;
        self.connector.epochs.linked(session.epoch());
        self.established(state);
        self.watch(session, feed).await;
        self.connector.epochs.linked(None);
    }

    /// Asks the server to push changes below the prefix. `None` when the connection cannot be used
    /// any more.
    async fn track(&self, session: &Session) -> Option<PushState> {
        if session.is_rest() {
            return Some(PushState::Absent);
        }
        if !session.can_push {
            return Some(PushState::Forbidden);
        }
        let mut pipeline = Pipeline::new();
        let tracking = pipeline.cmd("CLIENT").arg("TRACKING").arg("ON").arg("BCAST");
        tracking.arg("PREFIX").arg(&*self.state.shared.watched.prefix);
        let limit = pin!(manager::timer(HEARTBEAT));
        match manager::until(limit, pin!(session.send(&pipeline))).await?.ok()?.first() {
            Some(Value::ServerError(_)) => Some(PushState::Forbidden),
            _ => Some(PushState::Up),
        }
    }

    /// Listens to the feed of a server that does not push, where it has one.
    async fn listen(&self, session: &Arc<Session>) -> (PushState, Option<Feed>) {
        let shared = &self.state.shared;
        let Some(names) = &shared.watched.feed else { return (PushState::Forbidden, None) };
        if !self.has_feed() {
            return (PushState::Elsewhere, None);
        }
        match Feed::open(session, names, &shared.hooks).await {
            Ok(feed) => (PushState::Subscribed, Some(feed)),
            Err(NoFeed::Refused) => (PushState::Forbidden, None),
            Err(NoFeed::Silent) => (PushState::Down, None),
            Err(NoFeed::Moved) => {
                shared.topology_changed.notify_one();
                (PushState::Elsewhere, None)
            }
        }
    }

    /// Returns true where the feed is on this server, if there is one.
    fn has_feed(&self) -> bool {
        self.state.shared.watched.feed.as_ref().is_some_and(|names| self.state.owns(names.slot))
    }

    /// Notes that all outstanding invalidations are done, and that the server pushes from now on,
    /// or never will.
    fn established(&self, state: PushState) {
        let before = self.state.push_channel.set(state);
        let address = self.state.address();
        match state {
            PushState::Forbidden if before != state => tracing::warn!(
                %address,
                "Redis allows neither `CLIENT TRACKING` nor a feed by pub/sub: memory entries live \
                 for the outage ttl at most; grant `+client|tracking` and RESP3 (`+hello`)"
            ),
            PushState::Absent if before == PushState::Starting => tracing::info!(
                %address,
                "a REST API pushes no invalidations: memory entries live for the outage ttl at most"
            ),
            PushState::Subscribed if before == PushState::Starting => tracing::info!(
                %address,
                "Redis does not allow `CLIENT TRACKING`: this node hears of invalidations by \
                 pub/sub, and empties its memory within a second where it has missed one"
            ),
            _ => {}
        }
        self.state.close_breaker();
        self.state.publish_state("push-link");
        self.state.push_channel.settle();
        self.state.observed.tried_once();
    }

    fn disconnected(&self) {
        self.state.observed.ended();
        self.state.push_channel.disconnected();
        self.state.probe_failed();
        self.state.publish_state("push-link");
    }
}

/// Returns the receiver of the server's pushes.
fn on_push(hooks: &Arc<dyn ServerHooks>) -> OnPush {
    let hooks = Arc::clone(hooks);
    Arc::new(move |push: PushInfo| {
        if push.kind == PushKind::Invalidate {
            invalidated(&*hooks, push.data);
        }
    })
}

fn invalidated(hooks: &dyn ServerHooks, data: Vec<Value>) {
    match data.into_iter().next() {
        Some(Value::Array(names)) => {
            let name = |value| if let Value::BulkString(name) = value { Some(name) } else { None };
            let names: Vec<_> = names.into_iter().filter_map(name).collect();
            hooks.pushed(&names);
        }
        _ => hooks.flushed(),
    }
}
