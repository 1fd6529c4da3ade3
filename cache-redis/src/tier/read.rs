//! Reads of a stored value. They are plain commands, and the tier's most frequent request: each
//! copy and each allocation counts.

use std::time::{Duration, Instant};

use cachery_core::remote::{
    Incoming, Operation, ReadRequest, Reason, RemoteKey, Seen, StoredValue, TagKey,
};
use futures_util::future::join_all;
use redis::{Pipeline, Value};

use super::{
    client::Client,
    envelope::{self, Pttl},
    names::ReadKeys,
    reply::{bytes, only},
    sizes::LARGE,
    tags::get_all,
    token::{self, State, TokenState},
};
use crate::{
    connection::{KeyRead, Request, add_read},
    server::Lane,
};

/// The reply to `PTTL` for a key that does not exist.
const GONE: i64 = -2;

/// The most time between two commands of one pipeline, on a server that is not stopped.
const ABOUT_OVER: Duration = Duration::from_secs(1);

/// The most keys of one pipeline of a read of several. They are plain commands, so a server is back
/// with others after some hundred microseconds.
const MOST_TOGETHER: usize = 512;

/// Reads the value stored for `key`, with the state of the key.
pub(super) async fn read(
    client: &Client,
    key: &RemoteKey,
    tags: &[TagKey],
    within: Duration,
) -> Result<Seen, Reason> {
    let keys = Keys::of(client, key, tags);
    let replies = if client.sizes.may_be_large(key) {
        // Larger than the last, as is the next, and so not part of the future of every read.
        Box::pin(fetch_by_size(client, key, &keys, within)).await?
    } else if client.servers.is_cluster() {
        Box::pin(fetch_from_cluster(client, &keys, within, Lane::Main)).await?
    } else {
        fetch_from_one(client, &keys, within, Lane::Main).await?
    };
    Ok(seen(client, key, &keys, replies))
}

/// Reads the values of several keys: by one request to each server, those of caches with large
/// values apart.
pub(super) async fn read_many(
    client: &Client,
    reads: &[ReadRequest],
    within: Duration,
) -> Vec<Result<Seen, Reason>> {
    let of_read = |read: &ReadRequest| Keys::of(client, &read.key, &read.tags);
    let keys: Vec<_> = reads.iter().map(of_read).collect();
    let (large, main): (Vec<usize>, Vec<usize>) =
        (0..reads.len()).partition(|place| client.sizes.may_be_large(&reads[*place].key));
    let values: Vec<_> = main.iter().map(|place| keys[*place].keys.value()).collect();
    let parts = client.by_server(&values, MOST_TOGETHER).into_iter().map(async |part| {
        let places: Vec<usize> = part.into_iter().map(|place| main[place]).collect();
        let fetched = fetch_part(client, &keys, &places, within).await;
        match fetched {
            Ok(replies) => {
                let seen = |(place, replies): (usize, Replies)| {
                    (place, Ok(seen(client, &reads[place].key, &keys[place], replies)))
                };
                places.into_iter().zip(replies).map(seen).collect::<Vec<_>>()
            }
            Err(reason) => places.into_iter().map(|place| (place, Err(reason))).collect(),
        }
    });
    let apart = large.into_iter().map(async |place| {
        let ReadRequest { key, tags } = &reads[place];
        (place, read(client, key, tags, within).await)
    });
    let (parts, apart) = tokio::join!(join_all(parts), join_all(apart));
    let mut replies: Vec<_> = reads.iter().map(|_| Err(Reason::Timeout)).collect();
    for (place, reply) in parts.into_iter().flatten().chain(apart) {
        replies[place] = reply;
    }
    replies
}

/// Reads from one server, and in a Cluster the generations from where they are.
async fn fetch_part(
    client: &Client,
    keys: &[Keys],
    places: &[usize],
    within: Duration,
) -> Result<Vec<Replies>, Reason> {
    let is_cluster = client.servers.is_cluster();
    let mut pipeline = Pipeline::with_capacity(2 * places.len());
    for place in places {
        let Keys { keys, tags } = &keys[*place];
        let value = keys.value();
        let mut wanted = vec![value, keys.token()];
        if !is_cluster {
            wanted.push(keys.generation());
            wanted.extend(tags.iter().map(|tag| &tag[..]));
        }
        add_read(&mut pipeline, value, &wanted);
    }
    let first = keys[places[0]].keys.value();
    let of_keys = client.send(first, &pipeline, Operation::Get, within, Lane::Main);
    if !is_cluster {
        let replies = of_keys.await?.into_iter();
        return Ok(in_pairs(replies).map(take_apart).collect());
    }
    let elsewhere: Vec<_> = places.iter().flat_map(|place| keys[*place].elsewhere()).collect();
    let mut names = elsewhere.clone();
    names.sort_unstable();
    names.dedup();
    let generations = get_all(client, &names, within);
    let (of_keys, generations) = tokio::try_join!(of_keys, generations)?;
    let mut found = elsewhere.iter().map(|name| {
        let place = names.binary_search(name).unwrap_or_default();
        generations.get(place).cloned().unwrap_or_default()
    });
    let replies = in_pairs(of_keys.into_iter()).zip(places).map(|(replies, place)| {
        let [left, value, token, _] = take_apart(replies).of_key;
        let generation = found.next().unwrap_or_default();
        let tags = found.by_ref().take(keys[*place].tags.len()).collect();
        Replies { of_key: [left, value, token, generation], tags }
    });
    Ok(replies.collect())
}

/// Returns the replies two by two.
fn in_pairs(mut replies: std::vec::IntoIter<Value>) -> impl Iterator<Item = Vec<Value>> {
    std::iter::from_fn(move || {
        let pair: Vec<_> = replies.by_ref().take(2).collect();
        (!pair.is_empty()).then_some(pair)
    })
}

/// Returns what the replies to a read of `key` show.
fn seen(client: &Client, key: &RemoteKey, keys: &Keys, replies: Replies) -> Seen {
    let Replies { of_key: [pttl, stored, token, generation], tags } = replies;
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
        None => without_bytes(pttl),
    };
    Seen { stored, mark, tags }
}

/// Returns what a key without a string is: absent, or of another kind, for which `MGET` shows
/// nothing. A value whose time was about over may have ended between the two commands.
fn without_bytes(pttl: Pttl) -> StoredValue {
    match pttl {
        Pttl::Gone => StoredValue::Absent,
        Pttl::In(left) if left <= ABOUT_OVER => StoredValue::Absent,
        Pttl::In(_) | Pttl::Never => StoredValue::Corrupt,
    }
}

/// The keys of a read: those of the key, and the generations of tags.
struct Keys {
    keys: ReadKeys,
    /// Mostly none.
    tags: Vec<Vec<u8>>,
}

impl Keys {
    fn of(client: &Client, key: &RemoteKey, tags: &[TagKey]) -> Self {
        let names = &client.node.names;
        Self { keys: names.read_keys(key), tags: tags.iter().map(|tag| names.tag(tag)).collect() }
    }

    /// Returns the keys that may be on other servers of a Cluster.
    fn elsewhere(&self) -> impl Iterator<Item = Vec<u8>> {
        let generation = self.keys.generation().to_vec();
        std::iter::once(generation).chain(self.tags.iter().cloned())
    }
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
    let (value, token, generation) = (keys.value(), keys.token(), keys.generation());
    let read = Request::Read(KeyRead { value, token, generation, tags });
    client.send(value, read, Operation::Get, within, lane).await.map(take_apart)
}

/// Reads from several servers at once: the generations may be on others than the key.
async fn fetch_from_cluster(
    client: &Client,
    keys: &Keys,
    within: Duration,
    lane: Lane,
) -> Result<Replies, Reason> {
    let Keys { keys, tags } = keys;
    let mut of_key = Pipeline::with_capacity(2);
    add_read(&mut of_key, keys.value(), &[keys.value(), keys.token()]);
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
    let tags = if values.len() == 0 { Vec::new() } else { values.collect() };
    Replies { of_key, tags }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_ends_between_the_two_commands_is_absent_and_another_kind_is_corrupt() {
        let is_absent = |pttl| matches!(without_bytes(pttl), StoredValue::Absent);
        assert!(is_absent(Pttl::Gone));
        assert!(is_absent(Pttl::In(Duration::ZERO)));
        assert!(is_absent(Pttl::In(Duration::from_millis(3))));
        assert!(!is_absent(Pttl::In(Duration::from_secs(60))));
        assert!(!is_absent(Pttl::Never));
    }
}
