//! The node and its servers, as every operation needs them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use cachery_core::remote::{Operation, Reason};
use redis::Value;

use super::{
    generations::Generations,
    journal::Scope,
    node::Node,
    reply::{only, refusal},
    scripts::ANNOUNCE,
    sizes::Sizes,
};
use crate::{
    connection::{Request, Script, ScriptCall, script},
    server::{Lane, Reading},
    servers::Servers,
};

/// The node and its servers.
pub(super) struct Client {
    pub(super) node: Arc<Node>,
    pub(super) servers: Arc<Servers>,
    pub(super) sizes: Sizes,
    pub(super) generations: Generations,
    /// True once a script was refused the time of its server.
    is_untimed: AtomicBool,
}

impl Client {
    pub(super) fn new(node: Arc<Node>, servers: Arc<Servers>) -> Self {
        Self {
            node,
            servers,
            sizes: Sizes::default(),
            generations: Generations::default(),
            is_untimed: AtomicBool::new(false),
        }
    }

    /// Returns a reading of the clock of the server that has `key`, where scripts can compare it.
    pub(super) fn clock(&self, key: &[u8]) -> Option<Reading> {
        if self.is_untimed.load(Relaxed) {
            return None;
        }
        self.servers.clock(self.servers.slot(key))
    }

    /// Notes that a script was refused the time of its server.
    pub(super) fn found_untimed(&self) {
        self.is_untimed.store(true, Relaxed);
    }

    /// Sends plain commands to the master of `key`, which has all keys of the request.
    pub(super) fn send<'a>(
        &'a self,
        key: &[u8],
        request: impl Into<Request<'a>>,
        op: Operation,
        within: Duration,
        lane: Lane,
    ) -> impl Future<Output = Result<Vec<Value>, Reason>> + 'a {
        self.servers.request(self.servers.slot(key), request.into(), op, within, lane)
    }

    /// Runs `script` on the master of its first key. The reply may be an error of the script's.
    pub(super) async fn run(
        &self,
        script: &'static Script,
        keys: &[Vec<u8>],
        args: &[&[u8]],
        op: Operation,
        within: Duration,
    ) -> Result<Value, Reason> {
        let call = ScriptCall { script, keys, args };
        self.run_all(&[call], op, within, Lane::Main).await.map(only)
    }

    /// Runs scripts in one pipeline, on the master of the first key, which has all keys of all
    /// `calls`. Scripts that the server has forgotten are sent again. A reply may be an error of
    /// its script.
    pub(super) async fn run_all(
        &self,
        calls: &[ScriptCall<'_>],
        op: Operation,
        within: Duration,
        lane: Lane,
    ) -> Result<Vec<Value>, Reason> {
        let began = Instant::now();
        let slot = calls.first().map_or(0, |call| self.servers.slot(&call.keys[0]));
        let mut replies = self
            .servers
            .request(
                slot,
                (&script::by_hash(calls, self.servers.dialect())).into(),
                op,
                within,
                lane,
            )
            .await?;
        let forgotten: Vec<_> =
            (0..).zip(&replies).filter(|(_, reply)| is_forgotten(reply)).collect();
        if forgotten.is_empty() {
            return Ok(replies);
        }
        let places: Vec<usize> = forgotten.into_iter().map(|(place, _)| place).collect();
        let again: Vec<_> = places.iter().map(|place| calls[*place]).collect();
        let left = within.saturating_sub(began.elapsed());
        // By now a server was met, and its dialect is known.
        let again = script::by_source(&again, self.servers.dialect());
        let second = self.servers.request(slot, (&again).into(), op, left, lane).await?;
        for (place, reply) in places.into_iter().zip(second) {
            replies[place] = reply;
        }
        Ok(replies)
    }

    /// Returns the places of `keys`, at most `most` of one server together.
    pub(super) fn by_server(&self, keys: &[&[u8]], most: usize) -> Vec<Vec<usize>> {
        let mut servers = BTreeMap::<u16, Vec<usize>>::new();
        for (place, key) in keys.iter().enumerate() {
            let owner = if self.servers.is_cluster() {
                self.servers.owner(self.servers.slot(key))
            } else {
                0
            };
            servers.entry(owner).or_default().push(place);
        }
        servers.values().flat_map(|places| places.chunks(most)).map(<[_]>::to_vec).collect()
    }

    /// Tells the feed of a Cluster of what scripts did in other slots, by the names of the markers.
    /// Queues what the feed was not told in time.
    pub(super) async fn announce(
        &self,
        markers: &[Vec<u8>],
        within: Duration,
    ) -> Result<(), Reason> {
        let Some(feed) = self.node.feed_apart().filter(|_| !markers.is_empty()) else {
            return Ok(());
        };
        let feed = [feed.to_vec()];
        let markers: Vec<_> = markers.iter().map(|marker| &marker[..]).collect();
        let told = self.run(&ANNOUNCE, &feed, &markers, Operation::Invalidate, within).await;
        let told = match told {
            Ok(Value::Int(_)) => Ok(()),
            Ok(reply) => Err(refusal(&reply)),
            Err(reason) => Err(reason),
        };
        told.inspect_err(|_| self.enqueue([Scope::Feed]))
    }

    /// Queues invalidations that no server has acknowledged. They are done as soon as their servers
    /// can be reached, whether or not anybody calls.
    pub(super) fn enqueue(&self, scopes: impl IntoIterator<Item = Scope>) {
        self.node.journal.add_all(scopes);
        self.servers.replay_soon();
    }
}

fn is_forgotten(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if error.code() == "NOSCRIPT")
}
