//! Permits to load a key.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use cachery_core::{
    Mark,
    remote::{
        HoldOff, IfStored, LoadReply, LoadRequest, Operation, OtherLoads, Pending, Reason,
        RemoteKey, RemotePermit, StoredTag,
    },
};
use futures_util::future::join_all;
use redis::{Pipeline, Value};
use tokio::sync::futures::OwnedNotified;

use super::{
    client::Client,
    envelope::{self, Pttl},
    lease::{self, Lease, TOKEN_LIFE},
    reply::{bytes, only, refusal},
    scripts::{BEGIN, flag, millis},
    tags,
    token::{self, TokenState},
};
use crate::{
    connection::{MAX_IN_PIPELINE, ScriptCall},
    manager,
    server::Lane,
};

/// The longest wait for another node's load before a caller asks again, where pushes wake it.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// The same where they do not.
const ASK_AGAIN_UNWOKEN: Duration = Duration::from_millis(50);

/// The reply of the script.
enum Verdict {
    Granted {
        token: Vec<u8>,
    },
    Busy {
        lease_left: i64,
    },
    /// A load has failed; the next one is due when so many milliseconds are over.
    Failed {
        delay: Vec<u8>,
        left: i64,
    },
    Found {
        value: Vec<u8>,
        pttl: i64,
    },
}

/// Asks for the permit to load `key`.
pub(super) async fn request_load(
    client: &Arc<Client>,
    key: &RemoteKey,
    request: LoadRequest,
    within: Duration,
) -> Result<LoadReply, Reason> {
    let began = Instant::now();
    let mut asking = Asking::prepare(client, key, request, within).await?;
    loop {
        let left = within.saturating_sub(began.elapsed());
        let lane = asking.lane;
        let args = asking.args();
        let replied = client.run_all(&[asking.with(&args)], Operation::Begin, left, lane).await;
        if let Some(reply) = asking.settle(client, replied.map(only))? {
            return Ok(reply);
        }
    }
}

/// Asks for the permits to load several keys: by one request to each server.
pub(super) async fn request_loads(
    client: &Arc<Client>,
    requests: &[(RemoteKey, LoadRequest)],
    within: Duration,
) -> Vec<Result<LoadReply, Reason>> {
    let began = Instant::now();
    let unknown = requests.iter().filter(|(_, request)| request.generation.is_none());
    let names = unknown.map(|(key, _)| key.place.name);
    let generations = generations_of(client, names, within).await;
    let prepared = requests.iter().map(async |(key, request)| {
        // The reply may be the value, and a large one has a connection of its own kind.
        if client.sizes.may_be_large(key) {
            return Err(request_load(client, key, request.clone(), within).await);
        }
        // Without a reply it asks again, and fails by itself.
        let generation = request.generation.or_else(|| generations.get(key.place.name).copied());
        let request = LoadRequest { generation, ..request.clone() };
        Asking::prepare(client, key, request, within).await.map_err(Err)
    });
    let mut replies = Vec::with_capacity(requests.len());
    let mut asking = Vec::new();
    for (place, prepared) in join_all(prepared).await.into_iter().enumerate() {
        match prepared {
            Ok(one) => {
                asking.push((place, one));
                replies.push(Err(Reason::Timeout));
            }
            Err(reply) => replies.push(reply),
        }
    }
    let keys: Vec<_> = asking.iter().map(|(_, one)| &one.keys[0][..]).collect();
    let parts = client.by_server(&keys, MAX_IN_PIPELINE);
    let mut asking: Vec<_> = asking.into_iter().map(Some).collect();
    let parts = parts.into_iter().map(|places| {
        let part: Vec<_> = places.into_iter().filter_map(|place| asking[place].take()).collect();
        request_part(client, requests, part, within, began)
    });
    for (place, reply) in join_all(parts).await.into_iter().flatten() {
        replies[place] = reply;
    }
    replies
}

/// Asks one server for permits.
async fn request_part(
    client: &Arc<Client>,
    requests: &[(RemoteKey, LoadRequest)],
    part: Vec<(usize, Asking)>,
    within: Duration,
    began: Instant,
) -> Vec<(usize, Result<LoadReply, Reason>)> {
    let left = || within.saturating_sub(began.elapsed());
    let calls: Vec<_> = part.iter().map(|(_, one)| one.args()).collect();
    let calls: Vec<_> = part.iter().zip(&calls).map(|((_, one), args)| one.with(args)).collect();
    let told = client.run_all(&calls, Operation::Begin, left(), Lane::Main).await;
    let mut values = match told {
        Ok(values) => values.into_iter().map(Ok).collect::<Vec<_>>().into_iter(),
        Err(reason) => vec![Err(reason); part.len()].into_iter(),
    };
    let mut replies = Vec::with_capacity(part.len());
    for (place, mut one) in part {
        let value = values.next().unwrap_or(Ok(Value::Nil));
        let reply = match one.settle(client, value) {
            Ok(Some(reply)) => Ok(reply),
            Err(reason) => Err(reason),
            // What is stored cannot be read, which is rare.
            Ok(None) => {
                let (key, request) = &requests[place];
                let request = LoadRequest { stored: IfStored::LoadAnyway, ..request.clone() };
                request_load(client, key, request, left()).await
            }
        };
        replies.push((place, reply));
    }
    replies
}

/// Returns the generations of the caches with these names, as far as there is a reply.
pub(super) async fn generations_of(
    client: &Client,
    names: impl Iterator<Item = &'static str>,
    within: Duration,
) -> HashMap<&'static str, [u8; 16]> {
    let names: HashSet<_> = names.collect();
    let asked = names
        .into_iter()
        .map(async |name| Some((name, generation_of(client, name, within).await.ok()?)));
    join_all(asked).await.into_iter().flatten().collect()
}

/// A request for a permit, with all that stays the same when it is sent again.
struct Asking {
    /// The name of the cache.
    cache: &'static str,
    keys: [Vec<u8>; 4],
    generation: [u8; 16],
    /// A state for a key without one, and one for a value that supersedes.
    new_states: [[u8; 16]; 2],
    others: OtherLoads,
    /// The generations of tags: a lease of a load from before others counts for nothing.
    seen_tags: Option<[u8; 16]>,
    has_standby: bool,
    lane: Lane,
    tags: Vec<StoredTag>,
    stored: IfStored,
    wanted: Vec<u8>,
    lives: [String; 2],
    lease: Option<Lease>,
    /// `None` once the caller waits for it.
    woken: Option<OwnedNotified>,
}

impl Asking {
    async fn prepare(
        client: &Arc<Client>,
        key: &RemoteKey,
        request: LoadRequest,
        within: Duration,
    ) -> Result<Self, Reason> {
        let generation = async {
            match request.generation {
                Some(generation) => Ok(generation),
                None => generation_of(client, key.place.name, within).await,
            }
        };
        let tags = tags::of_load(client, request.tags, within);
        let (generation, tags) = tokio::try_join!(generation, tags)?;
        let generations: Vec<_> = tags.iter().map(|tag| Some(tag.generation)).collect();
        // Should the caller go away, dropping it gives back what was granted.
        let lease = match request.others {
            OtherLoads::AwaitLease => Some(Lease::ask_for(client, key, &request.holder)?),
            OtherLoads::LoadBeside | OtherLoads::Supersede => None,
        };
        let [value, token, lease_key, waiters, ..] = client.node.all_of(key);
        Ok(Self {
            cache: key.place.name,
            keys: [value, token, lease_key, waiters],
            generation,
            new_states: [token::draw()?, token::draw()?],
            others: request.others,
            seen_tags: Mark::default().with_tags(&generations).tags,
            // The reply may be the value.
            lane: if client.sizes.may_be_large(key) { Lane::Large } else { Lane::Main },
            tags,
            stored: request.stored,
            wanted: wanted(request.stored),
            has_standby: request.has_standby,
            lives: [TOKEN_LIFE, lease::LIFE].map(millis),
            lease,
            // Before Redis is asked, so that a push that comes at once wakes the caller.
            woken: Some(client.node.waiters.wait_for(key.digest)),
        })
    }

    fn args(&self) -> [&[u8]; 10] {
        [
            &self.generation,
            &self.wanted,
            flag(self.others == OtherLoads::Supersede),
            &self.new_states[0],
            self.lives[0].as_bytes(),
            self.lease.as_ref().map_or(&[], Lease::id),
            self.lives[1].as_bytes(),
            &self.new_states[1],
            self.seen_tags.as_ref().map_or(&[], |tags| tags),
            flag(self.has_standby),
        ]
    }

    fn with<'a>(&'a self, args: &'a [&'a [u8]]) -> ScriptCall<'a> {
        ScriptCall { script: &BEGIN, keys: &self.keys, args }
    }

    /// Takes the reply of the script. `None` where it is to be asked again, for another value than
    /// the one that is stored.
    fn settle(
        &mut self,
        client: &Client,
        reply: Result<Value, Reason>,
    ) -> Result<Option<LoadReply>, Reason> {
        if matches!(reply, Err(Reason::BreakerOpen | Reason::Connecting)) {
            // Nothing was sent, so nothing was granted.
            self.disarm();
        }
        match Verdict::read(reply?)? {
            Verdict::Granted { token } => {
                client.generations.saw(self.cache, self.generation);
                let tags = std::mem::take(&mut self.tags);
                let lease = self.lease.take();
                let permit = permit(self.generation, token, self.stored, lease, tags);
                Ok(Some(LoadReply::Granted(permit)))
            }
            Verdict::Busy { lease_left } => {
                self.disarm();
                let woken = self.woken.take().expect("the last reply of a request comes once");
                Ok(Some(LoadReply::Busy(ask_again(client, woken, lease_left))))
            }
            Verdict::Failed { delay, left } => {
                self.disarm();
                Ok(Some(LoadReply::HeldOff(hold_off(&delay, left))))
            }
            Verdict::Found { value, pttl } => {
                let opened = envelope::open(&self.keys[0], value, Pttl::from(pttl));
                if let Ok((_, incoming)) = opened {
                    self.disarm();
                    return Ok(Some(LoadReply::Found(incoming)));
                }
                self.stored = IfStored::LoadAnyway;
                self.wanted = wanted(self.stored);
                Ok(None)
            }
        }
    }

    /// Notes that no lease was granted.
    fn disarm(&mut self) {
        self.lease.take().into_iter().for_each(Lease::disarm);
    }
}

/// Returns the next load after one that has failed, as a script tells it.
fn hold_off(delay: &[u8], left: i64) -> HoldOff {
    let delay = str::from_utf8(delay).ok().and_then(|digits| digits.parse().ok());
    HoldOff {
        left: Duration::from_millis(u64::try_from(left).unwrap_or(0)),
        delay: Duration::from_millis(delay.unwrap_or(0)),
    }
}

/// Returns which stored value the script is to return: `0` for none, `1` for any, and the time of
/// the write of the only one that it is not to return.
fn wanted(stored: IfStored) -> Vec<u8> {
    match stored {
        IfStored::LoadAnyway => b"0".into(),
        IfStored::ReturnIt => b"1".into(),
        IfStored::ReturnAnother(written) => envelope::time(written).into(),
    }
}

/// Returns the generation of the cache called `name`, and makes one where there is none.
async fn generation_of(client: &Client, name: &str, within: Duration) -> Result<[u8; 16], Reason> {
    let name = client.node.names.generation(name);
    let mut pipeline = Pipeline::with_capacity(2);
    pipeline.cmd("SET").arg(&name).arg(&token::draw()?).arg("NX");
    pipeline.cmd("GET").arg(&name);
    let mut replies = client.send(&name, &pipeline, Operation::Begin, within, Lane::Main).await?;
    let reply = replies.pop().unwrap_or_default();
    let refused = refusal(replies.first().filter(|_| reply == Value::Nil).unwrap_or(&reply));
    token::read_generation(bytes(reply)).ok_or(refused)
}

/// The right to fill, as this tier has granted it.
pub(super) struct Granted {
    pub(super) token: Vec<u8>,
    /// True where no readable value was stored when the load began: one that is stored when it ends
    /// came from another load, and stays.
    pub(super) only_if_absent: bool,
    pub(super) lease: Option<Lease>,
    /// The tags of the entry, as they were when the load began.
    pub(super) tags: Vec<StoredTag>,
    /// `false` where no server was asked for it: the token is one that nobody knows.
    pub(super) is_asked: bool,
}

/// Returns the permit for a value that nobody loads, without a request: its fill takes the place of
/// whatever is stored then. `None` where nothing tells the server until when the fill is wanted.
pub(super) fn permit_to_replace(client: &Client, key: &RemoteKey) -> Option<RemotePermit> {
    let [value, ..] = client.node.all_of(key);
    client.clock(&value)?;
    // With one that is wrong or not known the fill takes two round trips.
    let generation = client.generations.last(key.place.name).unwrap_or_default();
    let state = token::draw().ok()?;
    let mark = Mark { generation: Some(generation), token: Some(state), tags: None };
    // The state that is replaced does not matter.
    let token = [generation, [0; 16], state].concat();
    let (only_if_absent, lease, tags, is_asked) = (false, None, Vec::new(), false);
    let granted = Granted { token, only_if_absent, lease, tags, is_asked };
    Some(RemotePermit { mark, granted: Box::new(granted) })
}

fn permit(
    generation: [u8; 16],
    token: Vec<u8>,
    stored: IfStored,
    lease: Option<Lease>,
    tags: Vec<StoredTag>,
) -> RemotePermit {
    let mark = TokenState::mark(TokenState::of(&token), Some(generation));
    let generations: Vec<_> = tags.iter().map(|tag| Some(tag.generation)).collect();
    let mark = mark.with_tags(&generations);
    let lease = lease.map(|lease| lease.held(token.clone()));
    let only_if_absent = stored == IfStored::ReturnIt;
    let granted = Granted { token, only_if_absent, lease, tags, is_asked: true };
    RemotePermit { mark, granted: Box::new(granted) }
}

/// Returns a future that is ready when it is worth while to ask again: when pushes wake the caller,
/// when the lease may be over, or after a while.
fn ask_again(client: &Client, woken: OwnedNotified, lease_left: i64) -> Pending<'static, ()> {
    let longest = if client.servers.wakes_waiters() { ASK_AGAIN } else { ASK_AGAIN_UNWOKEN };
    // A little later, so that the lease is over then; and not all callers at once.
    let left = Duration::from_millis(u64::try_from(lease_left).unwrap_or(0) + fastrand::u64(1..20));
    let timer = manager::timer(left.min(longest));
    Box::pin(async move {
        tokio::select! {
            () = woken => {}
            () = timer => {}
        }
    })
}

impl Verdict {
    fn read(reply: Value) -> Result<Self, Reason> {
        let Value::Array(parts) = reply else { return Err(refusal(&reply)) };
        match <[Value; 3]>::try_from(parts) {
            Ok([Value::BulkString(verdict), Value::BulkString(data), Value::Int(number)]) => {
                match &*verdict {
                    b"granted" => Ok(Self::Granted { token: data }),
                    b"failed" => Ok(Self::Failed { delay: data, left: number }),
                    b"busy" => Ok(Self::Busy { lease_left: number }),
                    b"found" => Ok(Self::Found { value: data, pttl: number }),
                    _ => Err(Reason::UnexpectedReply),
                }
            }
            _ => Err(Reason::UnexpectedReply),
        }
    }
}
