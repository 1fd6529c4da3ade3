//! The remote tier: what the core asks for, as requests to Redis.
//!
//! A look is plain commands. Leave to load, and a fill, are a script each: a load holds a random token beside its key, an invalidation
//! removes value and token together, and a fill stores only while its token stands. So nothing that began before an invalidation
//! is stored after it, however late it arrives, and a token that is lost only costs the fill.

mod look;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use cachery_core::{
    Mark, ServerHealth,
    remote::{
        FillKind, Filled, IfStored, LoadReply, LoadRequest, OtherLoads, Outgoing, Pending, Reason, RemoteKey,
        RemoteOptions, RemotePermit, RemoteTier, Seen,
    },
};
use redis::{Pipeline, Value};
use tokio::sync::futures::OwnedNotified;

use crate::{
    envelope::{self, Pttl},
    journal::What,
    lease::{self, Lease, TOKEN_LIFE, millis},
    manager,
    node::{Attempt, Node, random},
    open_error::OpenError,
    requests::{refusal, run},
    scripts::{BEGIN, FILL},
    servers::Servers,
};

pub(crate) struct Tier {
    node: Arc<Node>,
    servers: Arc<Servers>,
}

/// How long a caller waits for another node's load at most before it asks again, where it is told and where it is not.
const ASK_AGAIN: Duration = Duration::from_secs(1);
const ASK_AGAIN_UNTOLD: Duration = Duration::from_millis(50);

impl Tier {
    pub(crate) fn open(options: RemoteOptions) -> Result<Self, OpenError> {
        let RemoteOptions { target, prefix, events, .. } = options;
        let node = Arc::new(Node::new(&prefix, events));
        let duties = Arc::clone(&node);
        let servers = Servers::open(&target, node.names.watched(), duties)?;
        Ok(Self { node, servers })
    }

    /// The generation of the cache called `name`, made now where there is none.
    async fn generation(&self, name: &str, within: Duration) -> Result<[u8; 16], Reason> {
        let name = self.node.names.generation(name);
        let mut pipeline = Pipeline::with_capacity(2);
        pipeline.cmd("SET").arg(&name).arg(&random()?).arg("NX");
        pipeline.cmd("GET").arg(&name);
        let mut replies = self.servers.request(self.servers.slot(&name), &pipeline, "begin", within).await?;
        let reply = replies.pop().unwrap_or_default();
        let refused = refusal(replies.first().filter(|_| reply == Value::Nil).unwrap_or(&reply));
        exactly(string(reply)).ok_or(refused)
    }

    async fn begin_load(
        &self,
        key: &RemoteKey,
        mut request: LoadRequest,
        within: Duration,
    ) -> Result<LoadReply, Reason> {
        let began = Instant::now();
        let left = || within.saturating_sub(began.elapsed());
        let generation = match request.generation {
            Some(generation) => generation,
            None => self.generation(key.place.name, within).await?,
        };
        let [value, token, lease, waiters, ..] = self.node.all_of(key);
        let new = random()?;
        // Should nobody hear the answer, this gives back what was granted.
        let mut claim = (request.others == OtherLoads::AwaitLease).then(|| self.claim(key)).transpose()?;
        // Before Redis is asked, so that a word that comes at once is heard.
        let call = self.node.call_for(key);
        let at = self.servers.slot(&value);
        let keys = [value, token, lease, waiters];
        loop {
            let lives = [TOKEN_LIFE, lease::LIFE].map(millis);
            let wanted = claim.as_ref().map_or(&[][..], Lease::id);
            let args: [&[u8]; 7] = [
                &generation,
                flag(request.stored == IfStored::ReturnIt),
                flag(request.others == OtherLoads::Supersede),
                &new,
                lives[0].as_bytes(),
                wanted,
                lives[1].as_bytes(),
            ];
            let reply = run(&self.servers, &BEGIN, at, &keys, &args, "begin", left()).await;
            if matches!(reply, Err(Reason::BreakerOpen | Reason::Connecting)) {
                // It was not even asked for.
                claim.take().into_iter().for_each(Lease::forget);
            }
            let (verdict, data, number) = verdict(reply?)?;
            match &*verdict {
                b"granted" => return Ok(LoadReply::Granted(grant(generation, data, claim))),
                b"busy" => {
                    claim.take().into_iter().for_each(Lease::forget);
                    return Ok(LoadReply::Busy(self.again(call, number)));
                }
                _ => match envelope::open(&keys[0], data, Pttl::from(number)) {
                    Ok((_, incoming)) => {
                        claim.take().into_iter().for_each(Lease::forget);
                        return Ok(LoadReply::Found(incoming));
                    }
                    Err(_) => request.stored = IfStored::LoadAnyway,
                },
            }
        }
    }

    /// A claim to a lease of this node's, told from all others of its.
    fn claim(&self, key: &RemoteKey) -> Result<Lease, Reason> {
        let mut id = random()?;
        id[..8].copy_from_slice(&self.node.id.to_be_bytes());
        Ok(Lease::claim(&self.node, &self.servers, key, id))
    }

    /// Ready when it is worth while to ask again: when told so, when the lease may be over, or after a while.
    fn again(&self, call: OwnedNotified, lease_left: i64) -> Pending<'static, ()> {
        let most = if self.servers.receives_invalidations() { ASK_AGAIN } else { ASK_AGAIN_UNTOLD };
        // A little later, so that it is over then; and not all at once.
        let left = Duration::from_millis(u64::try_from(lease_left).unwrap_or(0) + fastrand::u64(1..20));
        let timer = manager::timer(left.min(most));
        Box::pin(async move {
            tokio::select! {
                () = call => {}
                () = timer => {}
            }
        })
    }

    async fn store(
        &self,
        key: &RemoteKey,
        grant: RemotePermit,
        value: Option<Outgoing>,
        kind: FillKind,
        within: Duration,
    ) -> Result<Filled, Reason> {
        let RemotePermit { mark: Mark { generation: Some(generation), token: Some(token) }, lease } = grant
        else {
            return Ok(Filled::Fenced);
        };
        let lease = lease.and_then(|lease| lease.downcast::<Lease>().ok());
        let keys = self.node.all_of(key);
        let sealed =
            value.as_ref().map(|value| envelope::seal(&keys[0], &generation, value)).unwrap_or_default();
        let life = value.as_ref().and_then(|value| value.lifetimes.usable).map(millis).unwrap_or_default();
        let args: [&[u8]; 5] = [
            &[generation, token].concat(),
            &sealed,
            life.as_bytes(),
            lease.as_ref().map_or(&[], |lease| lease.id()),
            flag(kind == FillKind::Replacing),
        ];
        // Where nobody knows whether the old value was replaced, it is not to be read again.
        let doubt = (kind == FillKind::Replacing).then(|| Attempt::new(&self.node, What::Key(key.clone())));
        match run(&self.servers, &FILL, self.servers.slot(&keys[0]), &keys, &args, "fill", within).await? {
            Value::Int(held) => {
                if let Some(doubt) = doubt {
                    doubt.over();
                }
                // The script has given it back.
                if let Some(lease) = lease {
                    lease.forget();
                }
                Ok(if held == 1 { Filled::Stored } else { Filled::Fenced })
            }
            reply => Ok(Filled::Refused(refusal(&reply))),
        }
    }

    async fn undo(&self, what: Vec<What>, within: Duration) -> Result<(), Reason> {
        // All of them first: who goes away in between loses none.
        let attempts: Vec<_> = what.into_iter().map(|what| Attempt::new(&self.node, what)).collect();
        let began = Instant::now();
        let mut all = Ok(());
        for attempt in attempts {
            let (script, keys) = self.node.undo(attempt.what());
            let left = within.saturating_sub(began.elapsed());
            match run(&self.servers, script, self.servers.slot(&keys[0]), &keys, &[], "invalidate", left)
                .await
            {
                Ok(Value::Int(_)) => attempt.acknowledged(),
                Ok(reply) => all = Err(refusal(&reply)),
                Err(why) => all = Err(why),
            }
        }
        all
    }
}

impl RemoteTier for Tier {
    fn read<'a>(&'a self, key: &'a RemoteKey, within: Duration) -> Pending<'a, Result<Seen, Reason>> {
        Box::pin(self.look(key, within))
    }

    fn request_load<'a>(
        &'a self,
        key: &'a RemoteKey,
        request: LoadRequest,
        within: Duration,
    ) -> Pending<'a, Result<LoadReply, Reason>> {
        Box::pin(self.begin_load(key, request, within))
    }

    fn fill<'a>(
        &'a self,
        key: &'a RemoteKey,
        grant: RemotePermit,
        value: Option<Outgoing>,
        kind: FillKind,
        within: Duration,
    ) -> Pending<'a, Result<Filled, Reason>> {
        Box::pin(self.store(key, grant, value, kind, within))
    }

    fn invalidate<'a>(&'a self, keys: &'a [RemoteKey], within: Duration) -> Pending<'a, Result<(), Reason>> {
        Box::pin(self.undo(keys.iter().cloned().map(What::Key).collect(), within))
    }

    fn clear<'a>(&'a self, name: &'a str, within: Duration) -> Pending<'a, Result<(), Reason>> {
        Box::pin(self.undo(vec![What::Cache(name.into())], within))
    }

    fn connected(&self, within: Duration) -> Pending<'_, Result<(), String>> {
        let connected = self.servers.connected(within);
        Box::pin(async { connected.await.map_err(|error| error.to_string()) })
    }

    fn receives_invalidations(&self) -> bool {
        self.servers.receives_invalidations()
    }

    fn health(&self) -> Pending<'_, Vec<ServerHealth>> {
        Box::pin(self.servers.health())
    }
}

fn grant(generation: [u8; 16], token: Vec<u8>, claim: Option<Lease>) -> RemotePermit {
    let mark = Mark { generation: Some(generation), token: last_half(&token) };
    RemotePermit { mark, lease: claim.map(|claim| Box::new(claim.hold(token)) as Box<_>) }
}

fn flag(set: bool) -> &'static [u8] {
    if set { b"1" } else { b"0" }
}

fn string(reply: Value) -> Option<Vec<u8>> {
    if let Value::BulkString(bytes) = reply { Some(bytes) } else { None }
}

fn exactly(bytes: Option<Vec<u8>>) -> Option<[u8; 16]> {
    bytes?.try_into().ok()
}

/// A stored token is the generation that its load saw, and then the token.
fn last_half(token: &[u8]) -> Option<[u8; 16]> {
    (token.len() == 32).then(|| token.last_chunk().copied()).flatten()
}

/// What the script of a beginning says: its verdict, a value or token, and a time.
fn verdict(reply: Value) -> Result<(Vec<u8>, Vec<u8>, i64), Reason> {
    match reply {
        Value::Array(parts) => match <[Value; 3]>::try_from(parts) {
            Ok([Value::BulkString(verdict), Value::BulkString(data), Value::Int(number)]) => {
                Ok((verdict, data, number))
            }
            _ => Err(Reason::UnexpectedReply),
        },
        reply => Err(refusal(&reply)),
    }
}
