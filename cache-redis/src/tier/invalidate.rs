//! Invalidations in batches, and the guard that loses none of them.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use cachery_core::remote::{Operation, Reason};
use futures_util::future::join_all;
use redis::Value;

use super::{client::Client, journal::Scope, reply::refusal, work::Begun};
use crate::{
    connection::{MAX_IN_PIPELINE, ScriptCall},
    server::Lane,
};

/// Invalidations that are being tried. Dropping it queues those that no server has acknowledged:
/// neither a failure nor a caller who goes away loses one.
pub(super) struct Batch<'a> {
    client: &'a Client,
    untried: VecDeque<Scope>,
    refused: Vec<Scope>,
    begun: Begun,
}

impl<'a> Batch<'a> {
    pub(super) fn new(client: &'a Client, scopes: impl IntoIterator<Item = Scope>) -> Self {
        let untried: VecDeque<_> = scopes.into_iter().collect();
        let begun = client.node.work.invalidations(untried.len());
        Self { client, untried, refused: Vec::new(), begun }
    }

    /// Notes that nothing needs to be invalidated.
    pub(super) fn cancel(mut self) {
        self.untried.clear();
    }

    /// Invalidates all on all nodes. The servers are told side by side, and each gets as many
    /// requests as it needs, one after the other. Each must be served `within` that time; after one
    /// that is not, the rest of its server is queued.
    pub(super) async fn send(self, within: Duration) -> Result<(), Reason> {
        self.client.servers.routed(within).await?;
        let parts = self.split().into_iter().map(|part| part.send_to_one(within));
        join_all(parts).await.into_iter().collect()
    }

    /// Splits it by servers.
    fn split(mut self) -> Vec<Self> {
        let Self { client, .. } = self;
        if !client.servers.is_cluster() {
            return vec![self];
        }
        let mut parts = HashMap::<_, Vec<_>>::new();
        for scope in self.untried.drain(..) {
            let owner = client.servers.owner(scope.slot(&client.node.names));
            parts.entry(owner).or_default().push(scope);
        }
        parts.into_values().map(|scopes| Self::new(client, scopes)).collect()
    }

    /// Invalidates all on the server that owns them.
    async fn send_to_one(mut self, within: Duration) -> Result<(), Reason> {
        let mut result = Ok(());
        while !self.untried.is_empty() {
            let node = &self.client.node;
            let suspicions = node.journal.suspicions();
            let next = self.untried.iter().take(MAX_IN_PIPELINE);
            let scripts: Vec<_> = next.map(|scope| node.invalidation_of(scope)).collect();
            let call = |(script, keys)| ScriptCall { script, keys, args: &[] };
            let calls: Vec<_> =
                scripts.iter().map(|(script, keys)| call((*script, keys))).collect();
            let replies =
                self.client.run_all(&calls, Operation::Invalidate, within, Lane::Main).await?;
            let told = self.announce(&replies, within).await;
            result = result.and(self.settle(replies, calls.len(), suspicions)).and(told);
        }
        result
    }

    /// Tells the feed of a Cluster of the oldest, as far as `replies` acknowledge them. Until it was
    /// told they are not recorded, so that a caller who goes away leaves them to the queue.
    async fn announce(&self, replies: &[Value], within: Duration) -> Result<(), Reason> {
        let Self { client, untried, .. } = self;
        if client.node.feed_apart().is_none() {
            return Ok(());
        }
        let done = untried.iter().zip(replies).filter(|(_, reply)| matches!(reply, Value::Int(_)));
        let markers: Vec<_> = done.filter_map(|(scope, _)| client.node.marker_of(scope)).collect();
        client.announce(&markers, within).await
    }

    /// Records the `count` oldest as acknowledged or refused.
    fn settle(&mut self, replies: Vec<Value>, count: usize, suspicions: u64) -> Result<(), Reason> {
        let mut result = Ok(());
        let mut acknowledged = Vec::with_capacity(count);
        let mut replies = replies.into_iter();
        for scope in self.untried.drain(..count) {
            match replies.next().unwrap_or_default() {
                Value::Int(_) => acknowledged.push(scope),
                reply => {
                    result = Err(refusal(&reply));
                    self.refused.push(scope);
                }
            }
        }
        let done = acknowledged.len();
        self.client.node.journal.record_all(acknowledged, suspicions, Instant::now());
        self.begun.end(done);
        result
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let left: Vec<_> = self.refused.drain(..).chain(self.untried.drain(..)).collect();
        if !left.is_empty() {
            self.client.enqueue(left);
        }
    }
}
