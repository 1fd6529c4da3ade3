//! What must be done on a server before anything else is asked of it: the link does it, for all who wait.

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

use super::{Server, session::Session, trouble::Trouble};
use crate::manager;

/// How long one replay may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The replays on one server, numbered.
#[derive(Default)]
pub(super) struct Replays {
    wanted: Notify,
    begun: AtomicU64,
    last: watch::Sender<Replay>,
}

/// What the replay with this number came to.
#[derive(Default)]
struct Replay {
    number: u64,
    trouble: Option<Trouble>,
}

impl Replays {
    /// Waits for a replay that begins after now. One serves all who wait.
    pub(super) async fn next(&self, deadline: Pin<&mut Sleep>) -> Result<(), Trouble> {
        let mut replays = self.last.subscribe();
        let number = self.begun.load(Ordering::SeqCst) + 1;
        self.wanted.notify_one();
        let end = replays.wait_for(|replay| replay.number >= number);
        match manager::until(deadline, pin!(end)).await {
            Some(Ok(replay)) => replay.trouble.clone().map_or(Ok(()), Err),
            _ => Err(Trouble { counts: false, ..Trouble::TIMEOUT }),
        }
    }

    /// Somebody waits.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// There is no connection for it.
    pub(super) fn fail(&self, trouble: Trouble) {
        let number = self.begin();
        self.end(number, Some(trouble));
    }

    fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn end(&self, number: u64, trouble: Option<Trouble>) {
        self.last.send_replace(Replay { number, trouble });
    }
}

impl Server {
    /// Does on `session` what must be done first.
    pub(super) async fn replay(&self, session: &Arc<Session>) -> Option<Trouble> {
        let number = self.replays.begin();
        let limit = pin!(manager::timer(PATIENCE));
        let end = manager::until(limit, pin!(self.replay_all(session))).await;
        let trouble = end.unwrap_or(Some(Trouble::TIMEOUT));
        if let Some(trouble) = &trouble {
            self.heed(trouble);
        }
        self.replays.end(number, trouble.clone());
        trouble
    }

    async fn replay_all(&self, session: &Arc<Session>) -> Option<Trouble> {
        let mut tasks = JoinSet::new();
        for (id, pipeline) in self.shared.duties.outstanding(&|slot| self.owns(slot)) {
            let session = Arc::clone(session);
            tasks.spawn(async move { (id, replay_one(&session, &pipeline).await) });
        }
        let mut first = None;
        while let Some(end) = tasks.join_next().await {
            match end {
                Ok((id, None)) => self.shared.duties.done(id),
                Ok((_, trouble)) => first = first.or(trouble),
                Err(_) => first = first.or(Some(Trouble::TIMEOUT)),
            }
        }
        first
    }
}

async fn replay_one(session: &Session, pipeline: &Pipeline) -> Option<Trouble> {
    match session.send(pipeline).await {
        Err(error) => Some(Trouble::of(&error)),
        Ok(replies) => replies.iter().find_map(|reply| match reply {
            Value::ServerError(error) => Some(Trouble::of_reply(error).unwrap_or(Trouble::REPLAY)),
            _ => None,
        }),
    }
}
