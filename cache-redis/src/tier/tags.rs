//! Generations of values of tags. In a Cluster they may be on any server, so each server is asked
//! at once.

use std::{collections::HashMap, time::Duration};

use cachery_core::remote::{Operation, Reason, SeenTag, StoredTag, TagGeneration, TagKey, TagKind};
use futures_util::future::{join_all, try_join_all};
use redis::{Pipeline, Value};

use super::{
    client::Client,
    lease::TOKEN_LIFE,
    reply::{bytes, refusal},
    scripts::{KEEP, RETURNED, millis},
    token,
};
use crate::server::Lane;

/// The life of a generation whose value has no end, in milliseconds: a hundred years.
const FOR_EVER: &str = "3155760000000";

/// Returns the present generations of these values; `None` for one that nothing stored has.
pub(super) async fn read(
    client: &Client,
    tags: &[TagKey],
    within: Duration,
) -> Result<Vec<Option<TagGeneration>>, Reason> {
    let names: Vec<_> = tags.iter().map(|tag| client.node.names.tag(tag)).collect();
    let replies = get_all(client, &names, within).await?;
    Ok(replies.into_iter().map(|reply| token::read_generation(bytes(reply))).collect())
}

/// Returns the replies to `GET` for these keys, wherever they are.
pub(super) async fn get_all(
    client: &Client,
    keys: &[Vec<u8>],
    within: Duration,
) -> Result<Vec<Value>, Reason> {
    let parts = by_server(client, keys).into_iter().map(async |places| {
        let mut pipeline = Pipeline::with_capacity(places.len());
        for place in &places {
            pipeline.cmd("GET").arg(&keys[*place]);
        }
        let first = &keys[places[0]];
        let replies = client.send(first, &pipeline, Operation::Get, within, Lane::Main).await?;
        Ok(places.into_iter().zip(replies))
    });
    let mut values = vec![Value::Nil; keys.len()];
    for (place, reply) in try_join_all(parts).await?.into_iter().flatten() {
        values[place] = reply;
    }
    Ok(values)
}

/// Returns the places of `keys`, those of one server together.
fn by_server(client: &Client, keys: &[Vec<u8>]) -> Vec<Vec<usize>> {
    let servers = &client.servers;
    if !servers.is_cluster() {
        return if keys.is_empty() { Vec::new() } else { vec![(0..keys.len()).collect()] };
    }
    let mut parts = HashMap::<_, Vec<_>>::new();
    for (place, key) in keys.iter().enumerate() {
        parts.entry(servers.owner(servers.slot(key))).or_default().push(place);
    }
    parts.into_values().collect()
}

/// Returns these values with generations, as they are before a load. Those that were not seen are
/// asked for, and made where there are none.
pub(super) async fn of_load(
    client: &Client,
    tags: Vec<SeenTag>,
    within: Duration,
) -> Result<Vec<StoredTag>, Reason> {
    let tags = tags.into_iter().map(async |SeenTag { key, generation }| {
        let generation = match generation {
            Some(generation) => generation,
            None => get_or_make(client, &key, within).await?,
        };
        Ok(StoredTag { key, generation, stamp: None })
    });
    try_join_all(tags).await
}

async fn get_or_make(
    client: &Client,
    tag: &TagKey,
    within: Duration,
) -> Result<TagGeneration, Reason> {
    let name = client.node.names.tag(tag);
    let mut pipeline = Pipeline::with_capacity(2);
    let make = pipeline.cmd("SET").arg(&name).arg(&token::draw()?).arg("NX");
    // There is one stamp for each tag of a program: it need not end.
    if !tag.is_stamp() {
        make.arg("PX").arg(millis(TOKEN_LIFE));
    }
    pipeline.cmd("GET").arg(&name);
    let mut replies = client.send(&name, &pipeline, Operation::Begin, within, Lane::Main).await?;
    let reply = replies.pop().unwrap_or_default();
    let refused = refusal(replies.first().filter(|_| reply == Value::Nil).unwrap_or(&reply));
    token::read_generation(bytes(reply)).ok_or(refused)
}

/// Lets the generations live as long as a value that is stored now. One that ends earlier costs a
/// load.
pub(super) async fn keep(
    client: &Client,
    tags: &[StoredTag],
    life: Option<&str>,
    within: Duration,
) {
    let named = tags.iter().filter(|tag| tag.key.kind == TagKind::Parameter);
    let kept = named.map(async |tag| {
        let name = [client.node.names.tag(&tag.key)];
        let life = [life.unwrap_or(FOR_EVER).as_bytes()];
        let _ = client.run(&KEEP, &name, &life, Operation::Fill, within).await;
    });
    join_all(kept).await;
}

/// Returns the values of tags that a load has returned, with generations that live as long as its
/// value. `before` has the stamps from before the load; `None` where one of them has ended since.
pub(super) async fn of_value(
    client: &Client,
    returned: &[TagKey],
    before: &[StoredTag],
    life: Option<&str>,
    within: Duration,
) -> Result<Option<Vec<StoredTag>>, Reason> {
    let stamps = before.iter().filter(|tag| tag.key.is_stamp());
    let groups: Vec<_> = stamps
        .map(|stamp| {
            let is_its = |tag: &&TagKey| tag.name == stamp.key.name;
            (stamp, returned.iter().filter(is_its).cloned().collect::<Vec<_>>())
        })
        .filter(|(_, tags)| !tags.is_empty())
        .collect();
    let drawn = groups.into_iter().map(|(stamp, tags)| of_tag(client, stamp, tags, life, within));
    let drawn: Option<Vec<_>> = try_join_all(drawn).await?.into_iter().collect();
    // One without a stamp would never end.
    let drawn = drawn.map(|drawn| drawn.into_iter().flatten().collect::<Vec<_>>());
    Ok(drawn.filter(|drawn| drawn.len() == returned.len()))
}

/// Returns values of one tag as [`of_value`] does.
async fn of_tag(
    client: &Client,
    stamp: &StoredTag,
    tags: Vec<TagKey>,
    life: Option<&str>,
    within: Duration,
) -> Result<Option<Vec<StoredTag>>, Reason> {
    let names = &client.node.names;
    let values = tags.iter().map(|tag| names.tag(tag));
    let keys: Vec<_> = [names.tag(&stamp.key)].into_iter().chain(values).collect();
    let new = tags.iter().map(|_| token::draw()).collect::<Result<Vec<_>, _>>()?;
    let mut args: Vec<&[u8]> = vec![&stamp.generation, life.unwrap_or(FOR_EVER).as_bytes()];
    args.extend(new.iter().map(|new| &new[..]));
    let generations = match client.run(&RETURNED, &keys, &args, Operation::Fill, within).await? {
        Value::Array(generations) => generations,
        Value::Nil => return Ok(None),
        reply => return Err(refusal(&reply)),
    };
    let stamp = Some(stamp.generation);
    let stored = tags.into_iter().zip(generations).map(|(key, generation)| {
        let generation = token::read_generation(bytes(generation))?;
        Some(StoredTag { key, generation, stamp })
    });
    stored.collect::<Option<Vec<_>>>().map(Some).ok_or(Reason::UnexpectedReply)
}
