//! Reads of a stored value. They are plain commands, and the tier's most frequent request: each
//! copy and each allocation counts.

use std::time::{Duration, Instant};

use cachery_core::remote::{Incoming, Operation, Reason, RemoteKey, Seen, StoredValue, TagKey};
use redis::{Cmd, Pipeline, Value};

use super::{
    client::Client,
    envelope::{self, Pttl},
    names::ReadKeys,
    reply::{bytes, only},
    sizes::LARGE,
    tags::get_all,
    token::{self, State, TokenState},
};
use crate::server::Lane;

/// The reply to `PTTL` for a key that does not exist.
const GONE: i64 = -2;

/// Reads the value stored for `key`, with the state of the key.
pub(super) async fn read(
    client: &Client,
    key: &RemoteKey,
    tags: &[TagKey],
    within: Duration,
) -> Result<Seen, Reason> {
    let keys = client.node.names.read_keys(key);
    let tag_keys: Vec<_> = tags.iter().map(|tag| client.node.names.tag(tag)).collect();
    let keys = Keys { keys, tags: tag_keys };
    let Replies { of_key: [pttl, stored, token, generation], tags } =
        if client.sizes.may_be_large(key) {
            // Larger than the last, as is the next, and so not part of the future of every read.
            Box::pin(fetch_by_size(client, key, &keys, within)).await?
        } else if client.servers.is_cluster() {
            Box::pin(fetch_from_cluster(client, &keys, within, Lane::Main)).await?
        } else {
            fetch_from_one(client, &keys, within, Lane::Main).await?
        };
    if let Value::BulkString(stored) = &stored {
        client.sizes.saw(key, stored.len());
    }
    let generation = token::read_generation(bytes(generation));
    let state = bytes(token).and_then(|token| TokenState::of(&token));
    let tags: Vec<_> = tags.into_iter().map(|reply| token::read_generation(bytes(reply))).collect();
    let mark = TokenState::mark(state, generation).with_tags(&tags);
    let pttl = Pttl::from(if let Value::Int(left) = pttl { left } else { GONE });
    let stored = match bytes(stored) {
        Some(stored) => {
            let expired = |of_value| state.and_then(|state| state.expired(of_value, generation));
            stored_value(keys.keys.value(), stored, pttl, expired)
        }
        None if pttl == Pttl::Gone => StoredValue::Absent,
        // `MGET` shows nothing where something else than a string is.
        None => StoredValue::Corrupt,
    };
    Ok(Seen { stored, mark, tags })
}

/// The keys of a read: those of the key, and the generations of tags.
struct Keys {
    keys: ReadKeys,
    /// Mostly none.
    tags: Vec<Vec<u8>>,
}

/// The replies to a read.
struct Replies {
    /// The value's time and the value, the token and the cache's generation.
    of_key: [Value; 4],
    tags: Vec<Value>,
}

/// Asks for the size first, in a cache that has large values, so that one holds up no others.
async fn fetch_by_size(
    client: &Client,
    key: &RemoteKey,
    keys: &Keys,
    within: Duration,
) -> Result<Replies, Reason> {
    let began = Instant::now();
    if client.sizes.is_slow(key, began) {
        return Err(Reason::TooSlow);
    }
    let value = keys.keys.value();
    let mut size = Pipeline::with_capacity(1);
    size.cmd("STRLEN").arg(value);
    let size = match client.send(value, &size, Operation::Get, within, Lane::Main).await.map(only) {
        Ok(Value::Int(size)) => usize::try_from(size).unwrap_or(0),
        // Where the size cannot be known, the value may be large.
        Ok(_) | Err(Reason::NoPermission) => usize::MAX,
        Err(reason) => return Err(reason),
    };
    let is_large = size > LARGE;
    let lane = if is_large { Lane::Large } else { Lane::Main };
    let left = within.saturating_sub(began.elapsed());
    let fetched = if client.servers.is_cluster() {
        fetch_from_cluster(client, keys, left, lane).await
    } else {
        fetch_from_one(client, keys, left, lane).await
    };
    if is_large && matches!(fetched, Err(Reason::Timeout)) {
        client.sizes.was_slow(key, Instant::now());
    }
    fetched
}

async fn fetch_from_one(
    client: &Client,
    keys: &Keys,
    within: Duration,
    lane: Lane,
) -> Result<Replies, Reason> {
    let Keys { keys, tags } = keys;
    let value = keys.value();
    let of_key = [value, keys.token(), keys.generation()];
    let request = if tags.is_empty() {
        request(value, &of_key)
    } else {
        request(
            value,
            &[&of_key[..], &tags.iter().map(|tag| &tag[..]).collect::<Vec<_>>()].concat(),
        )
    };
    client.send(value, &request, Operation::Get, within, lane).await.map(take_apart)
}

/// Reads from several servers at once: the generations may be on others than the key.
async fn fetch_from_cluster(
    client: &Client,
    keys: &Keys,
    within: Duration,
    lane: Lane,
) -> Result<Replies, Reason> {
    let Keys { keys, tags } = keys;
    let of_key = request(keys.value(), &[keys.value(), keys.token()]);
    let of_key = client.send(keys.value(), &of_key, Operation::Get, within, lane);
    let generation = get(client, keys.generation(), within);
    let tags = get_all(client, tags, within);
    let (of_key, generation, tags) = tokio::try_join!(of_key, generation, tags)?;
    let [left, value, token, _] = take_apart(of_key).of_key;
    Ok(Replies { of_key: [left, value, token, generation], tags })
}

async fn get(client: &Client, key: &[u8], within: Duration) -> Result<Value, Reason> {
    let mut pipeline = Pipeline::with_capacity(1);
    pipeline.cmd("GET").arg(key);
    client.send(key, &pipeline, Operation::Get, within, Lane::Main).await.map(only)
}

/// Returns the request for the time that `value` has left, and for the values of `keys`.
fn request(value: &[u8], keys: &[&[u8]]) -> Pipeline {
    let room = "PTTL".len() + value.len();
    let mut pttl = Cmd::with_capacity(2, room);
    pttl.arg("PTTL").arg(value);
    let mut mget = Cmd::with_capacity(1 + keys.len(), keys.len() * room);
    mget.arg("MGET").arg(keys);
    let mut pipeline = Pipeline::with_capacity(2);
    // The time that is left comes first: should the value be replaced in between, the new one
    // seems older than it is.
    pipeline.add_command(pttl).add_command(mget);
    pipeline
}

/// Takes apart the replies to `PTTL` and `MGET`; what is missing is `Nil`.
fn take_apart(replies: Vec<Value>) -> Replies {
    let mut replies = replies.into_iter();
    let pttl = replies.next().unwrap_or_default();
    let mut values = match replies.next() {
        Some(Value::Array(values)) => values.into_iter(),
        _ => Vec::new().into_iter(),
    };
    let mut next = || values.next().unwrap_or_default();
    let of_key = [pttl, next(), next(), next()];
    Replies { of_key, tags: values.collect() }
}

/// Opens stored bytes. `expired` tells whether a value of this state has expired; `None` where it is
/// not to be read.
fn stored_value(
    key: &[u8],
    stored: Vec<u8>,
    pttl: Pttl,
    expired: impl Fn(State) -> Option<bool>,
) -> StoredValue {
    if pttl == Pttl::Gone {
        // Stored a moment ago, after its time was asked for.
        return StoredValue::Absent;
    }
    match envelope::open(key, stored, pttl) {
        Ok((of_value, incoming)) => match expired(of_value) {
            Some(expired) => StoredValue::Present(Incoming { expired, ..incoming }),
            None => StoredValue::Absent,
        },
        Err(corruption) => {
            tracing::debug!(cause = corruption.as_str(), "a stored value is corrupt");
            StoredValue::Corrupt
        }
    }
}
