//! The feed: invalidations by pub/sub, from a server that does not push them.
//!
//! The feed is a key with an epoch and a number. While it exists, a script that invalidates counts
//! on and publishes the new number with the name of its marker. (In a Cluster a second script does,
//! because the key is in a slot of its own; all nodes listen to the master of that.) A node that listens has the server
//! say the newest number twice a second, which begins the feed where there is none and keeps it
//! otherwise. So a message that was lost shows by the next message, or by the next pulse; then the
//! node's memory is emptied.

mod sequence;

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::StreamExt as _;
use redis::{Pipeline, Value, aio::PubSub};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

use self::sequence::{Message, Sequence};
use super::hooks::ServerHooks;
use crate::{
    connection::{RequestError, Script, ScriptCall, Session, script},
    manager,
};

/// The pause between two pulses.
const INTERVAL: Duration = Duration::from_millis(500);
/// The time after which a pulse that has not come counts as lost.
const LIMIT: Duration = Duration::from_millis(500);
/// The same for the first one. It says whether the server publishes at all, and nothing depends on
/// it yet.
const FIRST: Duration = Duration::from_secs(2);
/// The longest time for which a message that was lost goes unnoticed.
pub(super) const STALENESS: Duration = Duration::from_secs(1);
/// The time to connect and to subscribe.
const CONNECT: Duration = Duration::from_secs(1);
/// The life of a feed to which nobody listens any more, in milliseconds. From then on scripts
/// publish nothing.
const LIFE: &str = "60000";

static PULSE: Script = Script::new(" flags=allow-oom", include_str!("feed/pulse.lua"));

/// The names of a feed, as one node uses them.
#[derive(Clone, Debug)]
pub(crate) struct FeedNames {
    /// The key of the feed, and the channel of its messages.
    pub(crate) feed: Vec<u8>,
    /// The slot of the key: the feed of a Cluster is on the master of that.
    pub(crate) slot: u16,
    /// The channel of the node's pulses.
    pub(crate) pulses: Vec<u8>,
}

/// A feed that is listened to. Dropping it ends that.
pub(super) struct Feed {
    state: watch::Receiver<State>,
    task: AbortHandle,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Starting,
    Up,
    /// Ended, because the server was silent or the connection was lost.
    Ended,
    /// Ended, because the server refuses to publish.
    Refused,
    /// Ended, because another master has the slot.
    Moved,
}

/// The reason for which a server's feed is not listened to.
pub(super) enum NoFeed {
    /// Another master has the slot, or will have it.
    Moved,
    /// The server does not publish, or does not let this user subscribe.
    Refused,
    /// No reply or no pulse came in time.
    Silent,
}

impl Feed {
    /// Listens to the server of `session`, over a connection of its own, because RESP2 has no other
    /// way.
    pub(super) async fn open(
        session: &Arc<Session>,
        names: &FeedNames,
        hooks: &Arc<dyn ServerHooks>,
    ) -> Result<Self, NoFeed> {
        let channels = [&names.feed, &names.pulses];
        let limit = pin!(manager::timer(CONNECT));
        let subscribed = manager::until(limit, pin!(session.subscribe(&channels))).await;
        let subscribed = match subscribed {
            Some(Ok(subscribed)) => subscribed,
            Some(Err(error)) if !error.is_io_error() => return Err(NoFeed::Refused),
            _ => return Err(NoFeed::Silent),
        };
        let (state, mut changes) = watch::channel(State::Starting);
        let listener = Listener {
            session: Arc::clone(session),
            names: names.clone(),
            hooks: Arc::clone(hooks),
            state,
            pulsed: Notify::new(),
        };
        let task = manager::handle().spawn(listener.run(subscribed)).abort_handle();
        let known = changes.wait_for(|state| *state != State::Starting).await.map(|state| *state);
        let feed = Self { state: changes, task };
        match known {
            Ok(State::Up) => Ok(feed),
            Ok(State::Moved) => Err(NoFeed::Moved),
            Ok(State::Refused) => Err(NoFeed::Refused),
            _ => Err(NoFeed::Silent),
        }
    }

    /// Waits until nothing is heard any more. Memory is emptied by then.
    pub(super) async fn ended(&self) {
        // Without its sender it has ended, too.
        let _ = self
            .state
            .clone()
            .wait_for(|state| !matches!(state, State::Starting | State::Up))
            .await;
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task of a feed.
struct Listener {
    session: Arc<Session>,
    names: FeedNames,
    hooks: Arc<dyn ServerHooks>,
    state: watch::Sender<State>,
    /// Notified at each pulse.
    pulsed: Notify,
}

impl Listener {
    async fn run(self, mut subscribed: PubSub) {
        let end = tokio::select! {
            () = self.listen(&mut subscribed) => State::Ended,
            end = self.beat() => end,
        };
        // What was published since the last pulse may be lost.
        self.hooks.flushed();
        self.state.send_replace(end);
    }

    /// Passes all messages on, until the connection ends.
    async fn listen(&self, subscribed: &mut PubSub) {
        let mut sequence = Sequence::default();
        let mut messages = subscribed.on_message();
        while let Some(message) = messages.next().await {
            // Anybody may publish anything.
            let Some(message) = Message::read(message.get_payload_bytes()) else { continue };
            if sequence.misses_before(&message) {
                self.hooks.flushed();
            }
            if let Some(name) = message.name {
                self.hooks.pushed(&[name.to_vec()]);
            } else {
                let up = State::Up;
                self.state.send_if_modified(|state| std::mem::replace(state, up) != up);
                self.pulsed.notify_one();
            }
        }
    }

    /// Has the server send a pulse and waits for it. Returns how the feed ends where the server
    /// refuses.
    async fn pulse(&self, pulse: &Pipeline) -> Result<(), State> {
        let came = self.pulsed.notified();
        let replies = self.session.send(pulse).await.map_err(|_| State::Ended)?;
        replies.iter().try_for_each(has_run)?;
        came.await;
        Ok(())
    }

    /// Has the server send pulses, until one does not come. Returns how the feed ends.
    async fn beat(&self) -> State {
        let mut patience = FIRST;
        let channel = &*self.names.pulses;
        let keys = [self.names.feed.clone()];
        loop {
            let epoch = epoch();
            let args = [epoch.as_bytes(), LIFE.as_bytes(), channel];
            let call = ScriptCall { script: &PULSE, keys: &keys, args: &args };
            let pulse: Pipeline = script::by_source(&[call], self.session.dialect);
            let limit = pin!(manager::timer(patience));
            match manager::until(limit, pin!(self.pulse(&pulse))).await {
                Some(Ok(())) => {}
                Some(Err(end)) => return end,
                None => return State::Ended,
            }
            patience = LIMIT;
            manager::timer(INTERVAL).await;
        }
    }
}

/// Returns how the feed ends where `reply` says that the server has not run the script.
fn has_run(reply: &Value) -> Result<(), State> {
    match reply {
        Value::ServerError(_) if RequestError::elsewhere(reply).is_some() => Err(State::Moved),
        Value::ServerError(error) if error.code() == "CLUSTERDOWN" => Err(State::Moved),
        Value::ServerError(_) => Err(State::Refused),
        _ => Ok(()),
    }
}

/// Draws an epoch. Should there be no random bytes, the time tells it from others.
fn epoch() -> String {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        bytes = since.as_nanos().to_be_bytes();
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}
