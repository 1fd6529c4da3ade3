//! One connection to one server, from the handshake to its end.

use std::{
    pin::{Pin, pin},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use redis::{
    AsyncConnectionConfig, Client, Pipeline, ProtocolVersion, PushInfo, PushKind, RedisError, Value,
    aio::MultiplexedConnection,
};
use tokio::{sync::Notify, time::Sleep};

use super::{
    info::{Reign, text},
    refusal::Refusal,
    trouble::Trouble,
};
use crate::manager;

/// After so many timeouts in a row, with no reply in between, a connection is taken for dead.
const SILENCES: u32 = 3;

/// What is done with each push, in the order of the stream.
pub(crate) type OnPush = Arc<dyn Fn(PushInfo) + Send + Sync>;

/// A connection that was set up. Its driver runs on the runtime that opened it and ends with it.
pub(crate) struct Session {
    redis: MultiplexedConnection,
    silences: AtomicU32,
    broken: Arc<Notify>,
    opened: Instant,
    /// Whose connection it is, if that is known.
    reign: OnceLock<Reign>,
    /// Whether the server can push over it.
    pub(crate) pushes: bool,
}

impl Session {
    /// Connects on the current runtime, with RESP3 unless the server refuses it.
    pub(crate) async fn open(client: &Client, on_push: Option<OnPush>) -> Result<Self, Refusal> {
        match Self::open_as(client, ProtocolVersion::RESP3, on_push).await {
            Err(error) if refuses_hello(&error) => Self::open_as(client, ProtocolVersion::RESP2, None).await,
            other => other,
        }
        .map_err(|error| Refusal::of(&error))
    }

    async fn open_as(
        client: &Client,
        protocol: ProtocolVersion,
        on_push: Option<OnPush>,
    ) -> Result<Self, RedisError> {
        let broken = Arc::new(Notify::new());
        let pushes = protocol == ProtocolVersion::RESP3;
        let mut config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
        if pushes {
            config = config.set_push_sender(listener(Arc::clone(&broken), on_push));
        }
        let info = client.get_connection_info().clone();
        let settings = info.redis_settings().clone().set_protocol(protocol);
        let client = Client::open(info.set_redis_settings(settings))?;
        let redis = client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(Self {
            redis,
            silences: AtomicU32::new(0),
            broken,
            opened: Instant::now(),
            reign: OnceLock::new(),
            pushes,
        })
    }

    /// Gives the connection its name and finds out whether the server will do: scripts with flags are needed, and a master where
    /// sentinels were asked for one.
    pub(crate) async fn introduce(&self, must_lead: bool) -> Result<(), Refusal> {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("CLIENT").arg("SETNAME").arg("cachery");
        pipeline.cmd("EVAL").arg("#!lua\nreturn 1").arg(0);
        pipeline.cmd("ROLE");
        pipeline.cmd("INFO").arg("server").arg("replication");
        let replies = self.send(&pipeline).await.map_err(|error| Refusal::of(&error))?;
        if let Some(Value::ServerError(error)) = replies.get(1) {
            return Err(Refusal::known(&Trouble::of_script(error)));
        }
        let info = replies.get(3).and_then(text);
        if let Some(reign) = info.as_deref().and_then(Reign::of) {
            // Nobody else says so.
            let _ = self.reign.set(reign);
        }
        if must_lead && !leads(replies.get(2)) { Err(Refusal::known(&Trouble::READONLY)) } else { Ok(()) }
    }

    /// Sends `pipeline` and returns its replies, of which some may be errors.
    pub(crate) async fn send(&self, pipeline: &Pipeline) -> Result<Vec<Value>, RedisError> {
        // A transaction is answered by `OK`, one `QUEUED` for each command, and one array.
        let (skipped, kept) =
            if pipeline.is_transaction() { (pipeline.len() + 1, 1) } else { (0, pipeline.len()) };
        self.redis.clone().send_packed_commands(pipeline, skipped, kept).await
    }

    /// Sends `pipeline` and returns its replies, unless one of them says that the server is at fault.
    pub(crate) async fn ask(
        &self,
        pipeline: &Pipeline,
        deadline: Pin<&mut Sleep>,
    ) -> Result<Vec<Value>, Trouble> {
        let trouble = match manager::until(deadline, pin!(self.send(pipeline))).await {
            Some(Ok(replies)) => {
                self.silences.store(0, Ordering::Relaxed);
                match Trouble::in_replies(&replies) {
                    None => return Ok(replies),
                    Some(trouble) => trouble,
                }
            }
            Some(Err(error)) => Trouble::of(&error),
            None if self.silences.fetch_add(1, Ordering::Relaxed) + 1 >= SILENCES => {
                Trouble { reconnects: true, ..Trouble::TIMEOUT }
            }
            None => Trouble::TIMEOUT,
        };
        if trouble.reconnects {
            self.give_up();
        }
        Err(trouble)
    }

    /// Whoever keeps this connection is to make a new one.
    pub(crate) fn give_up(&self) {
        self.broken.notify_one();
    }

    /// Waits until the connection is no good any more. For one task only.
    pub(crate) async fn ended(&self) {
        self.broken.notified().await;
    }

    /// Whose connection it is, if that is known.
    pub(super) fn reign(&self) -> Option<&Reign> {
        self.reign.get()
    }

    /// Since when it is there.
    pub(crate) fn opened(&self) -> Instant {
        self.opened
    }
}

fn listener(
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

/// Whether a server says so of itself, or does not say.
fn leads(role: Option<&Value>) -> bool {
    match role {
        Some(Value::Array(parts)) => {
            matches!(parts.first(), Some(Value::BulkString(name)) if name == b"master")
        }
        _ => true,
    }
}

/// Old servers do not know `HELLO`, and some managed ones forbid it.
fn refuses_hello(error: &RedisError) -> bool {
    let unknown = |detail: &str| detail.starts_with("unknown command");
    match error.code() {
        Some("NOPERM" | "NOPROTO") => true,
        Some("ERR") => error.detail().is_some_and(unknown),
        _ => error.kind() == redis::ErrorKind::RESP3NotSupported,
    }
}
