//! Fills: a value is stored while its load's token stands.

use std::time::{Duration, Instant};

use cachery_core::{
    Ending,
    remote::{
        FillKind, FillRequest, Filled, Operation, Outgoing, Reason, RemoteKey, RemotePermit,
        StoredTag,
    },
};
use futures_util::future::join_all;
use redis::Value;

use super::{
    client::Client,
    envelope,
    invalidate::Batch,
    journal::Scope,
    lease::Lease,
    load::Granted,
    names::MARKER,
    reply::{only, refusal},
    scripts::{FILL, flag, millis},
    tags,
    token::State,
};
use crate::{
    connection::{MAX_IN_PIPELINE, ScriptCall},
    server::Lane,
};

/// Stores `value`, or only gives the permit back where there is none.
pub(super) async fn fill(
    client: &Client,
    key: &RemoteKey,
    permit: RemotePermit,
    value: Option<Outgoing>,
    kind: FillKind,
    within: Duration,
) -> Result<Filled, Reason> {
    let began = Instant::now();
    let Some(mut storing) = Storing::prepare(client, key, permit, value.as_ref(), kind) else {
        return Ok(Filled::Fenced);
    };
    if let Some(value) = value.filter(|value| !value.tags.is_empty()) {
        Box::pin(storing.add_tags(&value, within)).await?;
    }
    let within = within.saturating_sub(began.elapsed());
    let args = storing.args();
    let calls = [storing.call(&args)];
    let fill = client.run_all(&calls, Operation::Fill, within, storing.lane);
    let replies = if storing.tags.is_empty() || storing.sealed.is_none() {
        fill.await?
    } else {
        let kept = storing.keep_tags(client, within);
        Box::pin(async { tokio::join!(fill, kept).0 }).await?
    };
    announce(client, [&storing], within).await;
    Ok(storing.settle(only(replies)))
}

/// Stores the values of several keys: by one request to each server, large ones apart.
pub(super) async fn fill_many(
    client: &Client,
    fills: Vec<FillRequest>,
    within: Duration,
) -> Vec<Result<Filled, Reason>> {
    let began = Instant::now();
    let mut replies: Vec<_> = fills.iter().map(|_| Ok(Filled::Fenced)).collect();
    let prepared = fills.into_iter().enumerate().filter_map(|(place, fill)| {
        let FillRequest { key, permit, value, kind } = fill;
        let storing = Storing::prepare(client, &key, permit, value.as_ref(), kind)?;
        Some((place, storing, value.filter(|value| !value.tags.is_empty())))
    });
    let tagged = prepared.map(async |(place, mut storing, value)| {
        let added = match value {
            Some(value) => storing.add_tags(&value, within).await,
            None => Ok(()),
        };
        (place, added.map(|()| storing))
    });
    let mut prepared = Vec::new();
    for (place, storing) in join_all(tagged).await {
        match storing {
            Ok(storing) => prepared.push((place, storing)),
            Err(reason) => replies[place] = Err(reason),
        }
    }
    let within = within.saturating_sub(began.elapsed());
    let (large, main): (Vec<_>, Vec<_>) =
        prepared.into_iter().partition(|(_, storing)| storing.lane == Lane::Large);
    let keys: Vec<_> = main.iter().map(|(_, storing)| &storing.keys[0][..]).collect();
    let parts = client.by_server(&keys, MAX_IN_PIPELINE);
    let mut main: Vec<_> = main.into_iter().map(Some).collect();
    let of_main = parts.into_iter().map(|places| {
        places.into_iter().filter_map(|place| main[place].take()).collect::<Vec<_>>()
    });
    let parts: Vec<_> = of_main.collect();
    let parts = parts.into_iter().chain(large.into_iter().map(|one| vec![one]));
    let parts = parts.map(|part| fill_part(client, part, within));
    for (place, reply) in join_all(parts).await.into_iter().flatten() {
        replies[place] = reply;
    }
    replies
}

/// Stores the values of one server.
async fn fill_part(
    client: &Client,
    part: Vec<(usize, Storing<'_>)>,
    within: Duration,
) -> Vec<(usize, Result<Filled, Reason>)> {
    let args: Vec<_> = part.iter().map(|(_, storing)| storing.args()).collect();
    let calls: Vec<_> =
        part.iter().zip(&args).map(|((_, storing), args)| storing.call(args)).collect();
    let lane = part.first().map_or(Lane::Main, |(_, storing)| storing.lane);
    let fill = client.run_all(&calls, Operation::Fill, within, lane);
    let tagged = part.iter().filter(|(_, storing)| storing.sealed.is_some());
    let kept = join_all(tagged.map(|(_, storing)| storing.keep_tags(client, within)));
    let (replied, _) = tokio::join!(fill, kept);
    match replied {
        Ok(values) => {
            announce(client, part.iter().map(|(_, storing)| storing), within).await;
            let mut values = values.into_iter();
            let settle = |(place, storing): (usize, Storing<'_>)| {
                (place, Ok(storing.settle(values.next().unwrap_or_default())))
            };
            part.into_iter().map(settle).collect()
        }
        Err(reason) => part.into_iter().map(|(place, _)| (place, Err(reason))).collect(),
    }
}

/// Returns those of `tags` that the call named, without stamps.
fn named(tags: &[StoredTag]) -> Vec<StoredTag> {
    tags.iter().filter(|tag| !tag.key.is_stamp()).cloned().collect()
}

/// Tells the feed of a Cluster of the values that were replaced. They are not settled before, so that
/// a caller who goes away leaves them to the queue.
async fn announce<'a>(
    client: &Client,
    fills: impl IntoIterator<Item = &'a Storing<'a>>,
    within: Duration,
) {
    if client.node.feed_apart().is_none() {
        return;
    }
    let replacing = fills.into_iter().filter(|storing| storing.kind == FillKind::Replacing);
    let markers: Vec<_> = replacing.map(|storing| storing.keys[MARKER].clone()).collect();
    // It is rare, and so not part of the future of every fill. What cannot be told is queued.
    let _ = Box::pin(client.announce(&markers, within)).await;
}

/// A fill, with all that its script needs.
struct Storing<'a> {
    client: &'a Client,
    key: RemoteKey,
    /// The state that the value names.
    state: State,
    keys: Vec<Vec<u8>>,
    token: Vec<u8>,
    sealed: Option<Vec<u8>>,
    lifetime: Option<String>,
    kind: FillKind,
    only_if_absent: bool,
    lease: Option<Lease>,
    tags: Vec<StoredTag>,
    lane: Lane,
    /// `true` where a tag that the value says itself has ended since its load began.
    is_fenced: bool,
    /// Invalidates the old value where it is not known whether that was replaced: it must not be
    /// read again.
    doubt: Option<Batch<'a>>,
}

impl<'a> Storing<'a> {
    /// Returns `None` where the permit lets nothing be stored.
    fn prepare(
        client: &'a Client,
        key: &RemoteKey,
        permit: RemotePermit,
        value: Option<&Outgoing>,
        kind: FillKind,
    ) -> Option<Self> {
        let granted = permit.granted.downcast::<Granted>().ok()?;
        let Granted { token, only_if_absent, lease, tags } = *granted;
        let state = State::of_fill(&token, kind)?;
        let keys = client.node.and_feed(client.node.all_of(key));
        // With tags of its own it is sealed when their generations are known.
        let whole = value.filter(|value| value.tags.is_empty());
        let named = named(&tags);
        let sealed = whole.and_then(|value| envelope::seal(&keys[0], state, value, &named));
        let lifetime = value.and_then(|value| value.lifetimes.usable).map(millis);
        let doubt = (kind == FillKind::Replacing)
            .then(|| Batch::new(client, [Scope::Key(key.clone(), Ending::Invalid)]));
        let lane = client.sizes.saw(key, sealed.as_ref().map_or(0, Vec::len));
        let key = key.clone();
        let is_fenced = false;
        Some(Self {
            client,
            key,
            state,
            keys,
            token,
            sealed,
            lifetime,
            kind,
            only_if_absent,
            lease,
            tags,
            lane,
            is_fenced,
            doubt,
        })
    }

    /// Seals a value with the tags that it says itself. Where one of them has ended since the load
    /// began, nothing is left to store.
    async fn add_tags(&mut self, value: &Outgoing, within: Duration) -> Result<(), Reason> {
        let life = self.lifetime.as_deref();
        let returned = tags::of_value(self.client, &value.tags, &self.tags, life, within).await?;
        self.is_fenced = returned.is_none();
        self.sealed = returned.and_then(|returned| {
            let all: Vec<_> = named(&self.tags).into_iter().chain(returned).collect();
            envelope::seal(&self.keys[0], self.state, value, &all)
        });
        let size = self.sealed.as_ref().map_or(0, Vec::len);
        self.lane = self.client.sizes.saw(&self.key, size);
        Ok(())
    }

    fn args(&self) -> [&[u8]; 6] {
        [
            &self.token,
            self.sealed.as_deref().unwrap_or_default(),
            self.lifetime.as_deref().unwrap_or_default().as_bytes(),
            self.lease.as_ref().map_or(&[], Lease::id),
            flag(self.kind == FillKind::Replacing),
            flag(self.only_if_absent),
        ]
    }

    fn call<'c>(&'c self, args: &'c [&'c [u8]]) -> ScriptCall<'c> {
        ScriptCall { script: &FILL, keys: &self.keys, args }
    }

    /// Lets the generations of the tags live as long as the value.
    async fn keep_tags(&self, client: &Client, within: Duration) {
        tags::keep(client, &self.tags, self.lifetime.as_deref(), within).await;
    }

    /// Takes the reply of the script.
    fn settle(self, reply: Value) -> Filled {
        match reply {
            Value::Int(token_stood) => {
                if let Some(doubt) = self.doubt {
                    doubt.cancel();
                }
                // The script has given it back.
                if let Some(lease) = self.lease {
                    lease.disarm();
                }
                if token_stood == 1 && !self.is_fenced { Filled::Stored } else { Filled::Fenced }
            }
            reply => Filled::Refused(refusal(&reply)),
        }
    }
}
