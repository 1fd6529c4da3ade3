//! Requests of several keys to the remote tier, sent together.
//!
//! Each key of a batch goes its own way through a miss. What the keys ask for until all of them wait
//! is one request: one pipeline for each server.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::remote::{
    FillKind, FillRequest, Filled, LoadReply, LoadRequest, Outgoing, ReadRequest, Reason,
    RemoteKey, RemotePermit, RemoteTier, Seen, TagKey,
};

/// A request on its way.
pub(super) type Sending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The requests that wait to be sent together.
#[derive(Default)]
pub(super) struct Combined(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    reads: Requests<ReadRequest, Seen>,
    loads: Requests<(RemoteKey, LoadRequest), LoadReply>,
    fills: Requests<FillRequest, Filled>,
}

/// The requests of one kind, each with its sender.
struct Requests<Q, A> {
    asked: Vec<Q>,
    replies: Vec<oneshot::Sender<Result<A, Reason>>>,
    /// The longest time that one of the keys has left.
    within: Duration,
}

impl<Q, A> Default for Requests<Q, A> {
    fn default() -> Self {
        Self { asked: Vec::new(), replies: Vec::new(), within: Duration::ZERO }
    }
}

impl<Q, A> Requests<Q, A> {
    fn add(
        &mut self,
        request: Q,
        within: Duration,
    ) -> impl Future<Output = Result<A, Reason>> + use<Q, A> {
        let (reply, received) = oneshot::channel();
        self.asked.push(request);
        self.replies.push(reply);
        self.within = self.within.max(within);
        // A request that was given up has no reply.
        async { received.await.unwrap_or(Err(Reason::Timeout)) }
    }

    fn take(&mut self) -> Option<Self> {
        (!self.asked.is_empty()).then(|| std::mem::take(self))
    }
}

/// Hands the replies to those who wait for them. What nobody waits for is dropped.
fn reply<A>(
    senders: Vec<oneshot::Sender<Result<A, Reason>>>,
    replies: impl IntoIterator<Item = Result<A, Reason>>,
) {
    for (sender, reply) in senders.into_iter().zip(replies) {
        drop(sender.send(reply));
    }
}

impl Combined {
    /// Reads the value of `key` together with others.
    pub(super) fn read(
        &self,
        key: &RemoteKey,
        tags: &[TagKey],
        within: Duration,
    ) -> impl Future<Output = Result<Seen, Reason>> + use<> {
        let request = ReadRequest { key: key.clone(), tags: tags.to_vec() };
        self.0.lock().reads.add(request, within)
    }

    /// Asks for the permit to load `key` together with others.
    pub(super) fn request_load(
        &self,
        key: &RemoteKey,
        request: LoadRequest,
        within: Duration,
    ) -> impl Future<Output = Result<LoadReply, Reason>> + use<> {
        self.0.lock().loads.add((key.clone(), request), within)
    }

    /// Stores the value of `key` together with others.
    pub(super) fn fill(
        &self,
        key: &RemoteKey,
        permit: RemotePermit,
        value: Option<Outgoing>,
        kind: FillKind,
        within: Duration,
    ) -> impl Future<Output = Result<Filled, Reason>> + use<> {
        let request = FillRequest { key: key.clone(), permit, value, kind };
        self.0.lock().fills.add(request, within)
    }

    /// Sends all that waits, by one request of each kind.
    pub(super) fn send(&self, tier: &Arc<dyn RemoteTier>) -> Vec<Sending> {
        let mut waiting = self.0.lock();
        let (reads, loads, fills) =
            (waiting.reads.take(), waiting.loads.take(), waiting.fills.take());
        drop(waiting);
        let reads = reads.map(|requests| send_reads(Arc::clone(tier), requests));
        let loads = loads.map(|requests| send_loads(Arc::clone(tier), requests));
        let fills = fills.map(|requests| send_fills(Arc::clone(tier), requests));
        reads.into_iter().chain(loads).chain(fills).collect()
    }
}

fn send_reads(tier: Arc<dyn RemoteTier>, requests: Requests<ReadRequest, Seen>) -> Sending {
    Box::pin(async move {
        let Requests { asked, replies, within } = requests;
        reply(replies, tier.read_many(&asked, within).await);
    })
}

fn send_loads(
    tier: Arc<dyn RemoteTier>,
    requests: Requests<(RemoteKey, LoadRequest), LoadReply>,
) -> Sending {
    Box::pin(async move {
        let Requests { asked, replies, within } = requests;
        reply(replies, tier.request_loads(&asked, within).await);
    })
}

fn send_fills(tier: Arc<dyn RemoteTier>, requests: Requests<FillRequest, Filled>) -> Sending {
    Box::pin(async move {
        let Requests { asked, replies, within } = requests;
        reply(replies, tier.fill_many(asked, within).await);
    })
}
