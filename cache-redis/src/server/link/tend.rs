//! The life of a link that stands: heartbeat, replays, probes, and its end.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use redis::Pipeline;

use super::{HEARTBEAT, LEAST_PAUSE, MOST_PAUSE};
use crate::{
    manager,
    server::{Server, backoff::Backoff, session::Session},
};

/// How often a server that forbids `CLIENT TRACKING` is asked again.
const FORGIVE: Duration = Duration::from_secs(60);

impl Server {
    /// Watches over the connection, and returns when it is no good any more.
    pub(super) async fn tend(&self, session: &Arc<Session>) {
        let home = self.address();
        let mut backoff = Backoff::new(LEAST_PAUSE, MOST_PAUSE);
        let mut mended = Instant::now();
        let mut asked = Instant::now();
        let mut beat = pin!(manager::timer(HEARTBEAT));
        loop {
            let good = tokio::select! {
                () = session.ended() => false,
                () = self.replays.wanted() => {
                    // After a failover what waits is for the new master: the next link does it there.
                    let at_home = self.is_at(&home);
                    if at_home {
                        self.replay(session).await;
                    }
                    at_home
                }
                () = self.link.opened.notified() => {
                    backoff.ended(mended.elapsed());
                    manager::timer(backoff.pause()).await;
                    mended = Instant::now();
                    self.probe(session).await
                }
                () = beat.as_mut() => {
                    beat.as_mut().reset(tokio::time::Instant::now() + HEARTBEAT);
                    // After a failover the master, and with it the news, is elsewhere.
                    self.answers(session).await && self.is_at(&home) && self.ask_again(session, &mut asked).await
                }
            };
            if !good {
                return;
            }
        }
    }

    /// Whether the master is still where the link is.
    fn is_at(&self, home: &Arc<str>) -> bool {
        self.address() == *home && !self.link.is_left()
    }

    /// A server that forbade tracking may have been taught better.
    async fn ask_again(&self, session: &Session, asked: &mut Instant) -> bool {
        if self.link.is_up() || asked.elapsed() < FORGIVE {
            return true;
        }
        *asked = Instant::now();
        let state = self.track(session).await;
        state.inspect(|state| self.linked_as(*state)).is_some()
    }

    /// Whether a probe was answered and what had to be done first is done.
    async fn probe(&self, session: &Arc<Session>) -> bool {
        self.probing();
        if !self.answers(session).await {
            return false;
        }
        self.shared.duties.suspect(&|slot| self.owns(slot));
        let replayed = self.replay(session).await.is_none();
        if replayed {
            self.mend();
            self.review("probe");
        }
        replayed
    }

    async fn answers(&self, session: &Session) -> bool {
        let limit = pin!(manager::timer(HEARTBEAT));
        self.send(session, Pipeline::new().cmd("PING"), limit).await.is_ok()
    }
}
