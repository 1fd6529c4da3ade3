//! Replays of the invalidations that must be done on a server before anything else is asked of it.
//! The link runs them for all who wait.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redis::Value;
use tokio::{
    sync::{Notify, watch},
    time::Sleep,
};

use super::{
    hooks::{Replay, ReplayId},
    state::ServerState,
};
use crate::{
    connection::{Dialect, MAX_IN_PIPELINE, RequestError, Session, script},
    manager,
};

/// The time in which one pipeline must be answered. A server that takes longer is as good as dead,
/// and the heartbeat waits meanwhile.
const LIMIT: Duration = Duration::from_secs(2);

/// The replays on one server, numbered.
pub(super) struct Replays {
    state: Arc<ServerState>,
    wanted: Notify,
    begun: AtomicU64,
    last: watch::Sender<Outcome>,
}

/// The outcome of the replay with this number.
#[derive(Default)]
struct Outcome {
    number: u64,
    error: Option<RequestError>,
}

impl Replays {
    pub(super) fn new(state: Arc<ServerState>) -> Self {
        Self {
            state,
            wanted: Notify::new(),
            begun: AtomicU64::new(0),
            last: watch::Sender::default(),
        }
    }

    /// Waits for a replay that begins after now. One serves all who wait.
    pub(super) async fn next(&self, deadline: Pin<&mut Sleep>) -> Result<(), RequestError> {
        let mut outcomes = self.last.subscribe();
        let number = self.begun.load(Ordering::SeqCst) + 1;
        self.want();
        let end = outcomes.wait_for(|outcome| outcome.number >= number);
        match manager::until(deadline, pin!(end)).await {
            Some(Ok(outcome)) => outcome.error.clone().map_or(Ok(()), Err),
            _ => Err(RequestError { counts_against_server: false, ..RequestError::TIMEOUT }),
        }
    }

    /// Returns the error of the last replay, if it failed.
    pub(super) fn refusal(&self) -> Option<RequestError> {
        self.last.borrow().error.clone()
    }

    /// Has a replay run soon.
    pub(super) fn want(&self) {
        self.wanted.notify_one();
    }

    /// Waits until a replay is wanted.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Tells those who wait that the connection could not be made.
    pub(super) fn fail(&self, error: RequestError) {
        let number = self.begin();
        self.end(number, Some(error));
    }

    /// Runs a replay on `session`.
    pub(super) async fn run(&self, session: &Session) -> Result<(), RequestError> {
        let number = self.begin();
        let result = self.run_all(session).await;
        if let Err(error) = &result {
            self.state.record(error);
        }
        self.end(number, result.clone().err());
        result
    }

    async fn run_all(&self, session: &Session) -> Result<(), RequestError> {
        let hooks = &self.state.shared.hooks;
        let mut result = Ok(());
        for replays in hooks.outstanding(&|slot| self.state.owns(slot)).chunks(MAX_IN_PIPELINE) {
            let limit = pin!(manager::timer(LIMIT));
            let dialect = self.state.shared.dialect();
            let sent = manager::until(limit, pin!(run_some(session, replays, dialect))).await;
            let (done, refused) = sent.unwrap_or(Err(RequestError::TIMEOUT))?;
            hooks.done(&done);
            result = result.and(refused);
        }
        result
    }

    fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn end(&self, number: u64, error: Option<RequestError>) {
        self.last.send_replace(Outcome { number, error });
    }
}

/// Runs replays in one pipeline. Returns those that were done, and the error of the first that was
/// refused.
async fn run_some(
    session: &Session,
    replays: &[Replay],
    dialect: Dialect,
) -> Result<(Vec<ReplayId>, Result<(), RequestError>), RequestError> {
    let calls: Vec<_> = replays.iter().map(Replay::call).collect();
    let replies = session.send(&script::by_source(&calls, dialect)).await;
    let replies = replies.map_err(|error| RequestError::from(&error))?;
    let mut done = Vec::with_capacity(replays.len());
    let mut refused = Ok(());
    for (replay, reply) in replays.iter().zip(replies) {
        match reply {
            Value::ServerError(error) => {
                let error = RequestError::of_reply(&error).unwrap_or(RequestError::REPLAY);
                refused = refused.and(Err(error));
            }
            _ => done.push(replay.id),
        }
    }
    Ok((done, refused))
}
