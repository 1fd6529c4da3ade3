//! One connection to one server, from the handshake to its end.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use redis::{
    AsyncConnectionConfig, ErrorKind, Pipeline, ProtocolVersion, PushInfo, PushKind, RedisError,
    RedisResult, Value,
    aio::{MultiplexedConnection, PubSub},
};
use tokio::{sync::Notify, task::AbortHandle, time::Sleep};

#[cfg(feature = "upstash")]
use super::rest::Rest;
use super::{
    connect_error::ConnectError,
    credentials::Peer,
    error_text,
    handshake::{self, Found, Role},
    master_epoch::MasterEpoch,
    reads::Reads,
    request::Request,
    request_error::RequestError,
    script::Dialect,
};
use crate::manager;

/// After so many timeouts in a row, with no reply in between, a connection is taken for dead, but
/// not before [`SILENCE`] is over.
const MAX_TIMEOUTS: u32 = 3;
/// The least time for which no reply comes. A burst runs out of time all at once, and a large
/// value holds up the replies behind it.
const SILENCE: Duration = Duration::from_millis(350);

/// The time for which a request waits longer when others were answered meanwhile.
const EXTENSION: Duration = Duration::from_millis(50);
/// So often it does.
const MOST_EXTENSIONS: u32 = 10;

/// The receiver of pushes, called in the order of the stream.
pub(crate) type OnPush = Arc<dyn Fn(PushInfo) + Send + Sync>;

/// A connection that was set up. Its driver runs on the runtime that opened it and ends with it.
pub(crate) struct Session {
    wire: Wire,
    timeouts: AtomicU32,
    /// The number of requests that were answered.
    replies: AtomicU64,
    /// The first of these timeouts.
    silent_since: Mutex<Option<Instant>>,
    broken: Arc<Notify>,
    opened: Instant,
    peer: Peer,
    /// The master at the other end, if that is known.
    epoch: Option<MasterEpoch>,
    /// The form of scripts that the server takes.
    pub(crate) dialect: Dialect,
    /// True when the server can push over it.
    pub(crate) can_push: bool,
}

/// The way on which commands and replies go.
enum Wire {
    /// The protocol of Redis.
    Redis { redis: MultiplexedConnection, driver: AbortHandle, reads: Reads },
    /// The REST API of Upstash.
    #[cfg(feature = "upstash")]
    Rest(Rest),
}

impl Drop for Wire {
    fn drop(&mut self) {
        match self {
            Self::Redis { driver, .. } => driver.abort(),
            #[cfg(feature = "upstash")]
            Self::Rest(_) => {}
        }
    }
}

impl Session {
    /// Connects on the current runtime to a server that must do for a cache.
    pub(crate) async fn connect(
        peer: &Peer,
        on_push: Option<OnPush>,
        role: Role,
    ) -> Result<Self, ConnectError> {
        #[cfg(feature = "upstash")]
        if let Some(sync) = &peer.rest {
            let wire = Wire::Rest(Rest::connect(peer, sync).await?);
            return Ok(Self { dialect: Dialect::Text, ..Self::new(wire, Arc::default(), peer) });
        }
        let mut session = Self::open(peer, on_push).await?;
        let replies = session.send(&handshake::request()).await;
        let replies = replies.map_err(|error| ConnectError::of(&error))?;
        let Found { epoch, dialect } = handshake::read(&replies, role)?;
        (session.epoch, session.dialect) = (epoch, dialect);
        Ok(session)
    }

    /// Subscribes to `channels` of the same server, over another connection. For servers that speak
    /// the protocol of Redis.
    pub(crate) async fn subscribe(&self, channels: &[&Vec<u8>]) -> RedisResult<PubSub> {
        let stream = self.peer.address.connect().await?;
        // The protocol in which every server publishes.
        let login = self.peer.login.clone().set_protocol(ProtocolVersion::RESP2);
        let mut subscribed = PubSub::new(&login, stream).await?;
        subscribed.subscribe(channels).await?;
        Ok(subscribed)
    }

    /// Connects on the current runtime to any server, with RESP3 unless the server refuses it or
    /// the URL asks for another protocol.
    pub(super) async fn open(peer: &Peer, on_push: Option<OnPush>) -> Result<Self, ConnectError> {
        let newest = peer.protocol.unwrap_or(ProtocolVersion::RESP3);
        match Self::open_with(peer, newest, on_push).await {
            Err(error) if peer.protocol.is_none() && refuses_hello(&error) => {
                Self::open_with(peer, ProtocolVersion::RESP2, None).await
            }
            other => other,
        }
        .map_err(|error| ConnectError::of(&error))
    }

    async fn open_with(
        peer: &Peer,
        protocol: ProtocolVersion,
        on_push: Option<OnPush>,
    ) -> Result<Self, RedisError> {
        let broken = Arc::new(Notify::new());
        let can_push = protocol == ProtocolVersion::RESP3;
        let mut config = AsyncConnectionConfig::new().set_response_timeout(None);
        if can_push {
            config = config.set_push_sender(push_receiver(Arc::clone(&broken), on_push));
        }
        let stream = peer.address.connect().await?;
        let login = peer.login.clone().set_protocol(protocol);
        let (redis, driver) =
            MultiplexedConnection::new_with_config(&login, stream, config).await?;
        let driver = tokio::spawn(driver).abort_handle();
        let wire = Wire::Redis { redis, driver, reads: Reads::new() };
        Ok(Self { can_push, ..Self::new(wire, broken, peer) })
    }

    fn new(wire: Wire, broken: Arc<Notify>, peer: &Peer) -> Self {
        Self {
            wire,
            timeouts: AtomicU32::new(0),
            replies: AtomicU64::new(0),
            silent_since: Mutex::default(),
            broken,
            opened: Instant::now(),
            peer: peer.clone(),
            epoch: None,
            dialect: Dialect::Flagged,
            can_push: false,
        }
    }

    /// Sends `pipeline` and returns its replies, of which some may be errors.
    pub(crate) async fn send(&self, pipeline: &Pipeline) -> Result<Vec<Value>, RedisError> {
        match &self.wire {
            Wire::Redis { redis, .. } => {
                redis.clone().send_packed_commands(pipeline, 0, pipeline.len()).await
            }
            // Rarer, and slower by far: not part of the future of every request.
            #[cfg(feature = "upstash")]
            Wire::Rest(rest) => Box::pin(rest.send(pipeline)).await,
        }
    }

    /// Sends a request, a read together with others, and returns its replies.
    async fn send_request(&self, request: Request<'_>) -> RedisResult<Vec<Value>> {
        match (request, &self.wire) {
            (Request::Read(read), Wire::Redis { redis, reads, .. }) => {
                reads.send(redis, read).await
            }
            (request, _) => self.send(&request.commands()).await,
        }
    }

    /// Sends a request and returns its replies, unless one of them says that the server is at
    /// fault.
    pub(crate) async fn ask(
        &self,
        request: Request<'_>,
        deadline: Pin<&mut Sleep>,
    ) -> Result<Vec<Value>, RequestError> {
        let result = self.ask_patiently(request, deadline).await;
        match result {
            Err(RequestError::TIMEOUT) => {
                let error = self.timed_out();
                if error.ends_session {
                    self.give_up();
                }
                Err(error)
            }
            other => other,
        }
    }

    /// As [`ask`](Self::ask), but a reply that does not come in time says nothing about the
    /// connection: a large value may be on its way.
    pub(crate) async fn ask_patiently(
        &self,
        request: Request<'_>,
        deadline: Pin<&mut Sleep>,
    ) -> Result<Vec<Value>, RequestError> {
        let error = match self.reply(request, deadline).await {
            Some(Ok(replies)) => {
                self.replies.fetch_add(1, Ordering::Relaxed);
                self.timeouts.store(0, Ordering::Relaxed);
                match RequestError::in_replies(&replies) {
                    None => return Ok(replies),
                    Some(error) => error,
                }
            }
            Some(Err(error)) => RequestError::from(&error),
            None => RequestError::TIMEOUT,
        };
        if error.ends_session {
            self.give_up();
        }
        Err(error)
    }

    /// Sends a request and waits for its replies; a little longer while other requests get theirs.
    /// Replies come in the order of requests, so the server has not forgotten this one.
    async fn reply(
        &self,
        request: Request<'_>,
        mut deadline: Pin<&mut Sleep>,
    ) -> Option<RedisResult<Vec<Value>>> {
        let mut work = pin!(self.send_request(request));
        let mut known = self.replies.load(Ordering::Relaxed);
        for _ in 0..MOST_EXTENSIONS {
            if let Some(reply) = manager::until(deadline.as_mut(), work.as_mut()).await {
                return Some(reply);
            }
            let before = std::mem::replace(&mut known, self.replies.load(Ordering::Relaxed));
            if known == before {
                return None;
            }
            deadline.as_mut().reset(tokio::time::Instant::now() + EXTENSION);
        }
        None
    }

    fn timed_out(&self) -> RequestError {
        let now = Instant::now();
        let timeouts = self.timeouts.fetch_add(1, Ordering::Relaxed) + 1;
        let mut since = self.silent_since.lock();
        if timeouts == 1 {
            *since = Some(now);
        }
        let is_silent = since.is_some_and(|since| now - since >= SILENCE);
        // Over HTTPS each request has a stream, and a bad one ends with its request.
        let ends_session = timeouts >= MAX_TIMEOUTS && is_silent && !self.is_rest();
        RequestError { ends_session, ..RequestError::TIMEOUT }
    }

    /// Tells the task that keeps this connection to make a new one.
    fn give_up(&self) {
        self.broken.notify_one();
    }

    /// Waits until the connection cannot be used any more. For one task only.
    pub(crate) async fn ended(&self) {
        self.broken.notified().await;
    }

    /// Returns true for the REST API of Upstash, by which nothing is pushed.
    pub(crate) fn is_rest(&self) -> bool {
        !matches!(self.wire, Wire::Redis { .. })
    }

    /// Returns the epoch of the master at the other end, if it is known.
    pub(crate) fn epoch(&self) -> Option<&MasterEpoch> {
        self.epoch.as_ref()
    }

    /// Returns the time at which it was opened.
    pub(crate) fn opened(&self) -> Instant {
        self.opened
    }
}

fn push_receiver(
    broken: Arc<Notify>,
    on_push: Option<OnPush>,
) -> impl Fn(PushInfo) -> Result<(), ()> + Send + Sync {
    move |push| {
        if push.kind == PushKind::Disconnection {
            broken.notify_one();
        } else if let Some(on_push) = &on_push {
            on_push(push);
        }
        Ok(())
    }
}

/// Returns true when the server refuses RESP3. Old servers do not know `HELLO`, and some managed
/// ones forbid it.
fn refuses_hello(error: &RedisError) -> bool {
    error.kind() == ErrorKind::RESP3NotSupported
        || matches!(error.code(), Some("NOPERM" | "NOPROTO"))
        || error_text::is_unknown_command(error)
}
