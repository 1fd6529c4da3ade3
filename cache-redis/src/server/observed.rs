//! Knowledge about a server, from the questions that the link asks it. Health is read from it, so
//! that nobody who asks for health waits for a server that hangs.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::clock::Reading;

/// A server that owes the link a reply for so long counts as silent.
const SILENCE: Duration = Duration::from_millis(200);
/// The same over HTTPS, where a stream may have to be made first.
const SILENCE_BY_REST: Duration = Duration::from_secs(1);
/// The time for which health shows that a value was refused because memory is full.
const FULL: Duration = Duration::from_secs(60);

/// Knowledge about a server.
pub(super) struct Observed {
    seen: Mutex<Seen>,
    /// The time after which a server that owes a reply counts as silent.
    pub(super) silence: Duration,
    /// True after the first attempt to connect.
    tried: watch::Sender<bool>,
    wanted: Notify,
}

/// The last replies of a server.
#[derive(Clone, Default)]
pub(super) struct Seen {
    /// The time of the oldest question that has no reply yet.
    asked: Option<Instant>,
    /// The last time that memory was full.
    full: Option<Instant>,
    /// The time of the last `PING`.
    pub(super) round_trip: Option<Duration>,
    /// The reply to `INFO`; empty where the user may not ask for it.
    pub(super) info: String,
    /// The seconds by which its clock is ahead of ours.
    pub(super) clock_offset: Option<f64>,
    /// Its clock.
    clock: Option<Reading>,
}

impl Seen {
    /// Returns true when a reply has been due for too long.
    pub(super) fn is_silent(&self, silence: Duration) -> bool {
        self.asked.is_some_and(|asked| asked.elapsed() >= silence)
    }

    /// Returns true when memory was full a short while ago.
    pub(super) fn was_full(&self) -> bool {
        self.full.is_some_and(|full| full.elapsed() < FULL)
    }
}

impl Observed {
    pub(super) fn new(is_rest: bool) -> Self {
        let silence = if is_rest { SILENCE_BY_REST } else { SILENCE };
        Self {
            seen: Mutex::default(),
            silence,
            tried: watch::Sender::new(false),
            wanted: Notify::new(),
        }
    }

    /// Notes the outcome of an attempt to connect.
    pub(super) fn tried_once(&self) {
        self.tried.send_replace(true);
    }

    /// Waits for the outcome of the first attempt to connect.
    pub(super) async fn tried(&self) {
        // The sender is ours, so it cannot be gone.
        let _ = self.tried.subscribe().wait_for(|tried| *tried).await;
    }

    /// Has the link ask the server soon.
    pub(super) fn look_soon(&self) {
        self.wanted.notify_one();
    }

    /// Waits until somebody wants the link to ask the server.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Notes that a question was sent.
    pub(super) fn asked(&self) {
        self.seen.lock().asked.get_or_insert_with(Instant::now);
    }

    /// Notes the reply to `PING`, which was asked at `began`.
    pub(super) fn answered(&self, began: Instant) {
        let mut seen = self.seen.lock();
        seen.asked = None;
        seen.round_trip = Some(began.elapsed());
    }

    /// Notes that the server stored nothing, because its memory is full.
    pub(super) fn found_full(&self) {
        self.seen.lock().full = Some(Instant::now());
    }

    /// Notes the reply to `INFO`, and what it tells of the server's clock.
    pub(super) fn informed(&self, info: String, clock_offset: Option<f64>) {
        let mut seen = self.seen.lock();
        seen.info = info;
        seen.clock_offset = clock_offset;
    }

    /// Notes a reading of the server's clock.
    pub(super) fn told_time(&self, reading: Option<Reading>) {
        self.seen.lock().clock = reading;
    }

    /// Returns a reading of the server's clock, if there is one of late.
    pub(super) fn clock(&self) -> Option<Reading> {
        self.seen.lock().clock.filter(|reading| reading.is_recent(Instant::now()))
    }

    /// Notes that the connection ended, on which replies were due. The next one may lead to another
    /// server.
    pub(super) fn ended(&self) {
        let mut seen = self.seen.lock();
        seen.asked = None;
        seen.clock = None;
    }

    /// Returns what was seen last.
    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().clone()
    }
}
