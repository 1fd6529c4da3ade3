//! A look at what is stored for a key. It is plain commands, and the tier's most frequent request: each copy and each allocation counts.

use std::{io::Write as _, time::Duration};

use cache_core::{
    Mark,
    remote::{Content, RemoteKey, Seen, Unavailable},
};
use redis::{Cmd, Pipeline, RedisWrite as _, Value};

use super::{Tier, exactly, last_half, string};
use crate::{
    envelope::{self, Pttl},
    names::TOKEN,
    requests::one,
};

/// What `PTTL` says of a key that is not there.
const GONE: i64 = -2;

impl Tier {
    pub(super) async fn look(&self, key: &RemoteKey, within: Duration) -> Result<Seen, Unavailable> {
        let value = self.node.names.value(key);
        let [pttl, stored, token, generation] = if self.servers.is_cluster() {
            // Larger than the other, and so not part of what every look carries along.
            Box::pin(self.fetch_in_cluster(key, &value, within)).await?
        } else {
            let generation = self.node.names.parts_of_generation(key.place.name);
            let request = request(&value, Some(&generation));
            apart(self.servers.request(self.servers.slot(&value), &request, "get", within).await?)
        };
        let mark = Mark {
            generation: exactly(string(generation)),
            token: string(token).and_then(|token| last_half(&token)),
        };
        let pttl = Pttl::from(if let Value::Int(left) = pttl { left } else { GONE });
        let content = match string(stored) {
            Some(stored) => content(&value, stored, pttl, mark.generation),
            None if pttl == Pttl::Gone => Content::Absent,
            // `MGET` shows nothing where something else than a string is.
            None => Content::Unreadable("another-type"),
        };
        Ok(Seen { content, mark })
    }

    /// The generation may be on another server than the key.
    async fn fetch_in_cluster(
        &self,
        key: &RemoteKey,
        value: &[u8],
        within: Duration,
    ) -> Result<[Value; 4], Unavailable> {
        let of_key = request(value, None);
        let of_key = self.servers.request(self.servers.slot(value), &of_key, "get", within);
        let generation = self.node.names.generation(key.place.name);
        let (of_key, generation) = tokio::try_join!(of_key, self.get(&generation, within))?;
        let [left, value, token, _] = apart(of_key);
        Ok([left, value, token, generation])
    }

    async fn get(&self, name: &[u8], within: Duration) -> Result<Value, Unavailable> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.cmd("GET").arg(name);
        Ok(one(self.servers.request(self.servers.slot(name), &pipeline, "get", within).await?))
    }
}

/// Asks how long the value has left, and what is stored there, as its token and as the `generation`.
fn request(value: &[u8], generation: Option<&[&[u8]]>) -> Pipeline {
    let room = value.len() + 16;
    let mut pttl = Cmd::with_capacity(2, room);
    pttl.arg("PTTL").arg(value);
    let mut mget = Cmd::with_capacity(4, 3 * room);
    mget.arg("MGET").arg(value);
    add(&mut mget, &[value, TOKEN]);
    if let Some(parts) = generation {
        add(&mut mget, parts);
    }
    let mut pipeline = Pipeline::with_capacity(2);
    // First the time that is left: should the value be replaced in between, the new one seems older than it is.
    pipeline.add_command(pttl).add_command(mget);
    pipeline
}

/// The replies to `PTTL` and `MGET`, nothing where there is none.
fn apart(replies: Vec<Value>) -> [Value; 4] {
    let mut replies = replies.into_iter();
    let pttl = replies.next().unwrap_or_default();
    let mut values = match replies.next() {
        Some(Value::Array(values)) => values.into_iter(),
        _ => Vec::new().into_iter(),
    };
    let mut next = || values.next().unwrap_or_default();
    [pttl, next(), next(), next()]
}

/// What a stored value is to a reader under the present generation.
fn content(key: &[u8], stored: Vec<u8>, pttl: Pttl, generation: Option<[u8; 16]>) -> Content {
    if pttl == Pttl::Gone {
        // Stored a moment ago, after its time was asked for.
        return Content::Absent;
    }
    match envelope::open(key, stored, pttl) {
        Ok((of_value, incoming)) if Some(of_value) == generation => Content::Value(incoming),
        Ok(_) => Content::Absent,
        Err(why) => Content::Unreadable(why),
    }
}

/// Adds one argument, of parts that need not be copied together first.
fn add(command: &mut Cmd, parts: &[&[u8]]) {
    let mut argument = command.writer_for_next_arg();
    for part in parts {
        argument.write_all(part).expect("a command takes every write");
    }
}
