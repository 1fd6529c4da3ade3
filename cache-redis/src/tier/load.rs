//! Permits to load a key.

use std::{
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
use crate::{connection::ScriptCall, manager, server::Lane};

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
    let generation = async {
        match request.generation {
            Some(generation) => Ok(generation),
            None => generation_of(client, key.place.name, within).await,
        }
    };
    let tags = tags::of_load(client, request.tags, within);
    let (generation, tags) = tokio::try_join!(generation, tags)?;
    let generations: Vec<_> = tags.iter().map(|tag| Some(tag.generation)).collect();
    let seen = Mark::default().with_tags(&generations).tags;
    let new_states = [token::draw()?, token::draw()?];
    // Should the caller go away, dropping it gives back what was granted.
    let mut lease = match request.others {
        OtherLoads::AwaitLease => Some(Lease::ask_for(client, key, &request.holder)?),
        OtherLoads::LoadBeside | OtherLoads::Supersede => None,
    };
    // Before Redis is asked, so that a push that comes at once wakes the caller.
    let woken = client.node.waiters.wait_for(key.digest);
    let script =
        Begin::of(client, key, generation, new_states, request.others, seen, request.has_standby);
    let mut stored = request.stored;
    loop {
        let left = within.saturating_sub(began.elapsed());
        let reply = script.run(client, stored, lease.as_ref(), left).await;
        if matches!(reply, Err(Reason::BreakerOpen | Reason::Connecting)) {
            // Nothing was sent, so nothing was granted.
            lease.take().into_iter().for_each(Lease::disarm);
        }
        match Verdict::read(reply?)? {
            Verdict::Granted { token } => {
                return Ok(LoadReply::Granted(permit(generation, token, stored, lease, tags)));
            }
            Verdict::Busy { lease_left } => {
                lease.take().into_iter().for_each(Lease::disarm);
                return Ok(LoadReply::Busy(ask_again(client, woken, lease_left)));
            }
            Verdict::Failed { delay, left } => {
                lease.take().into_iter().for_each(Lease::disarm);
                return Ok(LoadReply::HeldOff(hold_off(&delay, left)));
            }
            Verdict::Found { value, pttl } => {
                match envelope::open(script.value_key(), value, Pttl::from(pttl)) {
                    Ok((_, incoming)) => {
                        lease.take().into_iter().for_each(Lease::disarm);
                        return Ok(LoadReply::Found(incoming));
                    }
                    Err(_) => stored = IfStored::LoadAnyway,
                }
            }
        }
    }
}

/// The script that asks for the permit, with all that stays the same when it runs again.
struct Begin {
    keys: [Vec<u8>; 4],
    generation: [u8; 16],
    /// A state for a key without one, and one for a value that supersedes.
    new_states: [[u8; 16]; 2],
    others: OtherLoads,
    /// The generations of tags: a lease of a load from before others counts for nothing.
    tags: Option<[u8; 16]>,
    has_standby: bool,
    lane: Lane,
}

impl Begin {
    fn of(
        client: &Client,
        key: &RemoteKey,
        generation: [u8; 16],
        new_states: [[u8; 16]; 2],
        others: OtherLoads,
        tags: Option<[u8; 16]>,
        has_standby: bool,
    ) -> Self {
        let [value, token, lease, waiters, ..] = client.node.all_of(key);
        // The reply may be the value.
        let lane = if client.sizes.may_be_large(key) { Lane::Large } else { Lane::Main };
        let keys = [value, token, lease, waiters];
        Self { keys, generation, new_states, others, tags, has_standby, lane }
    }

    /// Returns the key of the value.
    fn value_key(&self) -> &[u8] {
        &self.keys[0]
    }

    async fn run(
        &self,
        client: &Client,
        stored: IfStored,
        lease: Option<&Lease>,
        within: Duration,
    ) -> Result<Value, Reason> {
        let [token_life, lease_life] = [TOKEN_LIFE, lease::LIFE].map(millis);
        let wanted = wanted(stored);
        let args: [&[u8]; 10] = [
            &self.generation,
            &wanted,
            flag(self.others == OtherLoads::Supersede),
            &self.new_states[0],
            token_life.as_bytes(),
            lease.map_or(&[], Lease::id),
            lease_life.as_bytes(),
            &self.new_states[1],
            self.tags.as_ref().map_or(&[], |tags| tags),
            flag(self.has_standby),
        ];
        let call = ScriptCall { script: &BEGIN, keys: &self.keys, args: &args };
        client.run_all(&[call], Operation::Begin, within, self.lane).await.map(only)
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
    RemotePermit { mark, granted: Box::new(Granted { token, only_if_absent, lease, tags }) }
}

/// Returns a future that is ready when it is worth while to ask again: when pushes wake the caller,
/// when the lease may be over, or after a while.
fn ask_again(client: &Client, woken: OwnedNotified, lease_left: i64) -> Pending<'static, ()> {
    let longest =
        if client.servers.receives_invalidations() { ASK_AGAIN } else { ASK_AGAIN_UNWOKEN };
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
