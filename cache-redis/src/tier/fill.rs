//! Fills: a value is stored while its load's token stands.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

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
    load::{Granted, generations_of},
    names::MARKER,
    reply::{bytes, only, refusal},
    scripts::{FILL, PUT, flag, millis},
    tags,
    token::{self, State},
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
    let storing = Storing::prepare(client, key, permit, value.as_ref(), kind, within);
    let Some(mut storing) = storing else {
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
    storing.settle(only(replies))
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
        let storing = Storing::prepare(client, &key, permit, value.as_ref(), kind, within)?;
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
    mut part: Vec<(usize, Storing<'_>)>,
    within: Duration,
) -> Vec<(usize, Result<Filled, Reason>)> {
    let began = Instant::now();
    let tagged = part.iter().filter(|(_, storing)| storing.sealed.is_some());
    let kept = join_all(tagged.map(|(_, storing)| storing.keep_tags(client, within)));
    let fill = run(client, part.iter().map(|(_, storing)| storing), within);
    let (mut replied, _, generations) =
        tokio::join!(fill, kept, generations_elsewhere(client, &part, within));
    if let Ok(values) = &mut replied {
        let left = within.saturating_sub(began.elapsed());
        run_again(client, &mut part, values, &generations, left).await;
    }
    match replied {
        Ok(values) => {
            announce(client, part.iter().map(|(_, storing)| storing), within).await;
            let mut values = values.into_iter();
            let settle = |(place, storing): (usize, Storing<'_>)| {
                (place, storing.settle(values.next().unwrap_or_default()))
            };
            part.into_iter().map(settle).collect()
        }
        Err(reason) => part.into_iter().map(|(place, _)| (place, Err(reason))).collect(),
    }
}

/// Runs the scripts of fills on one server.
async fn run<'a>(
    client: &Client,
    fills: impl Iterator<Item = &'a Storing<'a>>,
    within: Duration,
) -> Result<Vec<Value>, Reason> {
    let fills: Vec<_> = fills.collect();
    let lane = fills.first().map_or(Lane::Main, |storing| storing.lane);
    let args: Vec<_> = fills.iter().map(|storing| storing.args()).collect();
    let calls: Vec<_> = fills.iter().zip(&args).map(|(storing, args)| storing.call(args)).collect();
    client.run_all(&calls, Operation::Fill, within, lane).await
}

/// Returns the generations that no script of a fill can compare: in a Cluster they may be on other
/// servers.
async fn generations_elsewhere(
    client: &Client,
    part: &[(usize, Storing<'_>)],
    within: Duration,
) -> HashMap<&'static str, [u8; 16]> {
    if !client.servers.is_cluster() {
        return HashMap::new();
    }
    let unasked = part.iter().filter(|(_, storing)| storing.unasked.is_some());
    generations_of(client, unasked.map(|(_, storing)| storing.key.place.name), within).await
}

/// Runs the scripts again that stored a value, or would have, under a generation that is over.
async fn run_again(
    client: &Client,
    part: &mut [(usize, Storing<'_>)],
    values: &mut [Value],
    elsewhere: &HashMap<&'static str, [u8; 16]>,
    within: Duration,
) {
    let mut again = Vec::new();
    for (place, (_, storing)) in part.iter_mut().enumerate() {
        if storing.unasked.is_none() {
            continue;
        }
        let name = storing.key.place.name;
        let value = &mut values[place];
        let generation = if client.servers.is_cluster() {
            elsewhere.get(name).copied()
        } else {
            token::read_generation(bytes(value.clone()))
        };
        if let Some(generation) = generation {
            client.generations.saw(name, generation);
            if storing.state.generation() != generation {
                storing.move_to(generation);
                again.push(place);
            }
        } else if client.servers.is_cluster() {
            // Nobody knows whether it can be read.
            *value = Value::Nil;
        }
    }
    if again.is_empty() {
        return;
    }
    let fills = again.iter().map(|place| &part[*place].1);
    let mut replies = run(client, fills, within).await.unwrap_or_default().into_iter();
    for place in again {
        values[place] = replies.next().unwrap_or_default();
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
    /// `None` where a server was asked for the permit.
    unasked: Option<Unasked>,
}

/// The part of a fill whose permit no server was asked for.
struct Unasked {
    /// The time of the server's clock, in microseconds, after which nobody waits for it.
    until: String,
    /// A generation for a cache without one.
    generation: [u8; 16],
}

impl Unasked {
    /// Returns the part of a fill that is wanted `within` that time.
    fn of(client: &Client, value: &[u8], within: Duration) -> Option<Self> {
        let until = Instant::now() + within;
        // Without a clock by now it comes too late.
        let until = client.clock(value).map_or(0, |clock| clock.by(until)).to_string();
        Some(Self { until, generation: token::draw().ok()? })
    }
}

impl<'a> Storing<'a> {
    /// Returns `None` where the permit lets nothing be stored.
    fn prepare(
        client: &'a Client,
        key: &RemoteKey,
        permit: RemotePermit,
        value: Option<&Outgoing>,
        kind: FillKind,
        within: Duration,
    ) -> Option<Self> {
        let granted = permit.granted.downcast::<Granted>().ok()?;
        let Granted { token, only_if_absent, lease, tags, is_asked } = *granted;
        let state = State::of_fill(&token, kind)?;
        let mut keys = client.node.all_of(key).to_vec();
        let unasked = if is_asked { None } else { Some(Unasked::of(client, &keys[0], within)?) };
        if unasked.is_some() && !client.servers.is_cluster() {
            keys.push(client.node.names.generation(key.place.name));
        }
        let keys = client.node.and_feed(keys);
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
            unasked,
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

    /// Makes the value name this generation.
    fn move_to(&mut self, generation: [u8; 16]) {
        self.state = self.state.within(generation);
        if let Some(sealed) = &mut self.sealed {
            envelope::name_state(&self.keys[0], sealed, self.state);
        }
    }

    fn args(&self) -> Vec<&[u8]> {
        let value = self.sealed.as_deref().unwrap_or_default();
        let lifetime = self.lifetime.as_deref().unwrap_or_default().as_bytes();
        if let Some(Unasked { until, generation }) = &self.unasked {
            return vec![&self.state.0, value, lifetime, until.as_bytes(), generation];
        }
        vec![
            &self.token,
            value,
            lifetime,
            self.lease.as_ref().map_or(&[], Lease::id),
            flag(self.kind == FillKind::Replacing),
            flag(self.only_if_absent),
        ]
    }

    fn call<'c>(&'c self, args: &'c [&'c [u8]]) -> ScriptCall<'c> {
        let script = if self.unasked.is_some() { &PUT } else { &FILL };
        ScriptCall { script, keys: &self.keys, args }
    }

    /// Lets the generations of the tags live as long as the value.
    async fn keep_tags(&self, client: &Client, within: Duration) {
        tags::keep(client, &self.tags, self.lifetime.as_deref(), within).await;
    }

    /// Takes the reply of the script.
    fn settle(self, reply: Value) -> Result<Filled, Reason> {
        match reply {
            Value::Int(token_stood) => {
                if let Some(doubt) = self.doubt {
                    doubt.cancel();
                }
                // The script has given it back.
                if let Some(lease) = self.lease {
                    lease.disarm();
                }
                let is_stored = token_stood == 1 && !self.is_fenced;
                Ok(if is_stored { Filled::Stored } else { Filled::Fenced })
            }
            // It came too late, or nobody knows.
            Value::Nil | Value::BulkString(_) if self.unasked.is_some() => {
                if reply == Value::BulkString(b"untimed".into()) {
                    self.client.found_untimed();
                }
                Err(Reason::Timeout)
            }
            reply => Ok(Filled::Refused(refusal(&reply))),
        }
    }
}
