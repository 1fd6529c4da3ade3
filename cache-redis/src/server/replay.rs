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

use redis::{Pipeline, Value};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::Sleep,
};

use super::state::ServerState;
use crate::{
    connection::{RequestError, Session},
    manager,
};

/// The limit of one replay.
const LIMIT: Duration = Duration::from_secs(5);

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
        Self { state, wanted: Notify::new(), begun: AtomicU64::new(0), last: watch::Sender::default() }
    }

    /// Waits for a replay that begins after now. One serves all who wait.
    pub(super) async fn next(&self, deadline: Pin<&mut Sleep>) -> Result<(), RequestError> {
        let mut outcomes = self.last.subscribe();
        let number = self.begun.load(Ordering::SeqCst) + 1;
        self.wanted.notify_one();
        let end = outcomes.wait_for(|outcome| outcome.number >= number);
        match manager::until(deadline, pin!(end)).await {
            Some(Ok(outcome)) => outcome.error.clone().map_or(Ok(()), Err),
            _ => Err(RequestError { counts_against_server: false, ..RequestError::TIMEOUT }),
        }
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
    pub(super) async fn run(&self, session: &Arc<Session>) -> Result<(), RequestError> {
        let number = self.begin();
        let limit = pin!(manager::timer(LIMIT));
        let result = manager::until(limit, pin!(self.run_all(session))).await;
        let result = result.unwrap_or(Err(RequestError::TIMEOUT));
        if let Err(error) = &result {
            self.state.record(error);
        }
        self.end(number, result.clone().err());
        result
    }

    async fn run_all(&self, session: &Arc<Session>) -> Result<(), RequestError> {
        let hooks = &self.state.shared.hooks;
        let mut tasks = JoinSet::new();
        for (id, pipeline) in hooks.outstanding(&|slot| self.state.owns(slot)) {
            let session = Arc::clone(session);
            tasks.spawn(async move { (id, run_one(&session, &pipeline).await) });
        }
        let mut first = Ok(());
        while let Some(end) = tasks.join_next().await {
            match end {
                Ok((id, Ok(()))) => hooks.done(id),
                Ok((_, error)) => first = first.and(error),
                Err(_) => first = first.and(Err(RequestError::TIMEOUT)),
            }
        }
        first
    }

    fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn end(&self, number: u64, error: Option<RequestError>) {
        self.last.send_replace(Outcome { number, error });
    }
}

async fn run_one(session: &Session, pipeline: &Pipeline) -> Result<(), RequestError> {
    let replies = session.send(pipeline).await.map_err(|error| RequestError::from(&error))?;
    let error = replies.iter().find_map(|reply| match reply {
        Value::ServerError(error) => Some(RequestError::of_reply(error).unwrap_or(RequestError::REPLAY)),
        _ => None,
    });
    error.map_or(Ok(()), Err)
}
