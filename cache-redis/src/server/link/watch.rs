//! The time of an established link: heartbeats, replays, probes, and its end.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use cachery_core::remote::Reason;
use redis::Pipeline;

use super::{
    super::{clock, clock::Reading, feed::Feed, push_channel::PushState, requests::ask_over},
    HEARTBEAT, LEAST_PAUSE, Link, MOST_PAUSE,
};
use crate::{
    connection::{Backoff, Session, ask_for, text_of},
    manager,
};

/// The pause between two heartbeats to a server that pushes nothing and bills each command. Requests
/// show that it is gone, and while an invalidation waits the pause is [`HEARTBEAT`].
const HEARTBEAT_BY_REST: Duration = Duration::from_secs(30);
/// The pause before a server that forbids `CLIENT TRACKING` is asked again.
const TRACK_AGAIN: Duration = Duration::from_secs(60);
/// The pause before its feed is asked for again, where no reply came.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

impl Link {
    /// Watches the connection, and returns when it cannot be used any more.
    pub(super) async fn watch(&self, session: &Arc<Session>, mut feed: Option<Feed>) {
        let home = self.state.address();
        let mut backoff = Backoff::new(LEAST_PAUSE, MOST_PAUSE);
        let mut closed = Instant::now();
        let mut asked = Instant::now();
        let pause = if session.is_rest() { HEARTBEAT_BY_REST } else { HEARTBEAT };
        let mut heartbeat = pin!(manager::timer(pause));
        let mut judged = Instant::now();
        let mut tells_time = self.read_clock(session).await;
        let _watched = self.state.doubts.watch();
        self.note_profile(session).await;
        loop {
            if self.state.has_outstanding() {
                let soon = tokio::time::Instant::now() + HEARTBEAT;
                let due = heartbeat.deadline().min(soon);
                heartbeat.as_mut().reset(due);
            }
            let is_usable = tokio::select! {
                () = session.ended() => false,
                () = ended(feed.as_ref()) => false,
                () = self.replays.wanted() => self.replay(session, &home).await,
                () = self.state.breaker.opened() => {
                    backoff.ended(closed.elapsed());
                    self.rest(backoff.pause()).await;
                    closed = Instant::now();
                    self.probe(session).await
                }
                () = self.state.observed.wanted() => {
                    self.look(session).await;
                    true
                }
                () = self.state.doubts.added() => {
                    self.judge(session, &mut judged).await;
                    true
                }
                () = heartbeat.as_mut() => {
                    heartbeat.as_mut().reset(tokio::time::Instant::now() + pause);
                    let is_usable = self.answers(session).await
                        && self.is_at(&home)
                        && self.track_again(session, &mut asked, &mut feed).await
                        && self.replay_outstanding(session).await
                        && self.note_profile(session).await;
                    tells_time = is_usable && tells_time && self.read_clock(session).await;
                    is_usable
                }
            };
            if !is_usable {
                return;
            }
        }
    }

    /// Runs a replay, unless the master is elsewhere: what waits is for the new master then, and
    /// the next link does it there.
    async fn replay(&self, session: &Arc<Session>, home: &Arc<str>) -> bool {
        self.is_at(home) && self.run_replay(session).await
    }

    /// Runs a replay if anything is outstanding: what was refused before, or what another
    /// connection made suspect. So nothing stays queued while nobody calls.
    async fn replay_outstanding(&self, session: &Session) -> bool {
        !self.state.has_outstanding() || self.run_replay(session).await
    }

    /// Runs a replay. Returns false when the server does not answer: any other error is told to
    /// those who wait, and the session's end is noticed by itself.
    async fn run_replay(&self, session: &Session) -> bool {
        let result = self.replays.run(session).await;
        result.err().is_none_or(|error| error.reason != Reason::Timeout)
    }

    /// Returns true when the master is still at the other end of the link. After a failover it is
    /// elsewhere, and its pushes are, too.
    fn is_at(&self, home: &Arc<str>) -> bool {
        self.state.address() == *home && !self.connector.epochs.link_is_outdated()
    }

    /// Notes the profile of this node on the server, when that is due. Always returns true: the note
    /// helps people only.
    async fn note_profile(&self, session: &Session) -> bool {
        let hooks = &self.state.shared.hooks;
        let Some(request) = hooks.profile_request(&|slot| self.state.owns(slot)) else {
            return true;
        };
        let limit = pin!(manager::timer(self.silence()));
        if let Some(Ok(replies)) = manager::until(limit, pin!(session.send(&request))).await {
            hooks.profiles(replies);
        }
        true
    }

    /// Asks a server for pushes that forbade them, and else for its feed: its rights may have
    /// changed, and the feed of a Cluster may have moved. The feed is left once the server pushes.
    /// Returns false when the link is to be made anew.
    async fn track_again(
        &self,
        session: &Arc<Session>,
        asked: &mut Instant,
        feed: &mut Option<Feed>,
    ) -> bool {
        let before = self.state.push_channel.state();
        let is_known = before == PushState::Up || session.is_rest();
        let is_due = match before {
            // What was published since then may be lost, so memory has to be emptied.
            PushState::Subscribed if !self.has_feed() => return false,
            PushState::Elsewhere => self.has_feed(),
            PushState::Down => asked.elapsed() >= LISTEN_AGAIN,
            PushState::Forbidden => !self.has_feed() && self.state.shared.watched.feed.is_some(),
            _ => false,
        };
        if is_known || (asked.elapsed() < TRACK_AGAIN && !is_due) {
            return true;
        }
        *asked = Instant::now();
        let Some(state) = self.track(session).await else { return false };
        if state == PushState::Up {
            self.established(state);
            *feed = None;
        } else if feed.is_none() {
            let (state, found) = self.listen(session).await;
            *feed = found;
            self.established(state);
        }
        true
    }

    /// Returns true when a probe was answered and what is outstanding is done.
    async fn probe(&self, session: &Arc<Session>) -> bool {
        self.state.probing();
        if !self.answers(session).await {
            return false;
        }
        self.state.suspect();
        let is_done = self.replays.run(session).await.is_ok();
        if is_done {
            self.state.close_breaker();
            self.state.publish_state("probe");
        }
        is_done
    }

    /// Asks the server whether it is silent, because requests ran out of time. The breaker opens
    /// when it is, and after some such times in which it answered to nothing but this. (A request
    /// that was answered starts the count anew.)
    async fn judge(&self, session: &Session, judged: &mut Instant) {
        let limit = pin!(manager::timer(self.silence()));
        let ping = Pipeline::new().cmd("PING").clone();
        // A server that refuses to answer is not silent.
        if manager::until(limit, pin!(session.send(&ping))).await.is_none() {
            self.state.found_silent();
        } else if judged.elapsed() >= self.silence() {
            *judged = Instant::now();
            self.state.count_failure(Reason::Timeout);
        }
    }

    /// Reads the server's clock. Returns false where it does not tell its time, and need not be asked
    /// again: a user may not have the right to ask, and a REST API bills each command.
    async fn read_clock(&self, session: &Session) -> bool {
        if session.is_rest() {
            return false;
        }
        let limit = pin!(manager::timer(self.silence()));
        let time = Pipeline::new().cmd("TIME").clone();
        let Some(Ok(replies)) = manager::until(limit, pin!(session.send(&time))).await else {
            return true;
        };
        let reading = replies.first().and_then(|reply| Reading::of(reply, Instant::now()));
        self.state.observed.told_time(reading);
        reading.is_some()
    }

    /// Returns the time after which a server that answers to nothing is taken for dead.
    fn silence(&self) -> Duration {
        self.state.observed.silence
    }

    async fn answers(&self, session: &Session) -> bool {
        let limit = pin!(manager::timer(HEARTBEAT));
        let began = Instant::now();
        self.state.observed.asked();
        let mut ping = Pipeline::new();
        ping.cmd("PING");
        let result = ask_over(session, &self.state, (&ping).into(), limit).await;
        if result.is_ok() {
            self.state.observed.answered(began);
        }
        result.is_ok()
    }

    /// Asks the server what health shows of it. That it does not answer soon is noted, and has no
    /// consequences: the heartbeat judges it.
    pub(super) async fn look(&self, session: &Session) {
        let mut limit = pin!(manager::timer(self.silence()));
        let began = Instant::now();
        self.state.observed.asked();
        let ping = Pipeline::new().cmd("PING").clone();
        let reply = manager::until(limit.as_mut(), pin!(session.send(&ping))).await;
        if !matches!(reply, Some(Ok(_))) {
            return;
        }
        self.state.observed.answered(began);
        let mut info = Pipeline::new();
        ask_for(&["server", "memory", "replication"], &mut info);
        let asked = Instant::now();
        // A user who may not ask for it is served all the same.
        if let Some(Ok(replies)) = manager::until(limit, pin!(session.send(&info))).await {
            let info = text_of(&replies);
            let offset = clock::offset(&info, asked.elapsed(), SystemTime::now());
            self.state.informed(info, offset);
        }
    }
}

/// Waits until the feed has ended, if there is one.
async fn ended(feed: Option<&Feed>) {
    match feed {
        Some(feed) => feed.ended().await,
        None => std::future::pending().await,
    }
}
