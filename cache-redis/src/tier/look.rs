//! A look at what is stored for a key. It is plain commands, and the tier's most frequent request: each copy and each allocation counts.

use std::time::Duration;

use cachery_core::{
    Mark,
    remote::{Reason, RemoteKey, Seen, StoredValue},
};
use redis::{Cmd, Pipeline, Value};

use super::{Tier, exactly, last_half, string};
use crate::{
    envelope::{self, Pttl},
    names::LookedFor,
    requests::one,
};

/// What `PTTL` says of a key that is not there.
const GONE: i64 = -2;

impl Tier {
    pub(super) async fn look(&self, key: &RemoteKey, within: Duration) -> Result<Seen, Reason> {
        let names = self.node.names.looked_for(key);
        let [pttl, stored, token, generation] = if self.servers.is_cluster() {
            // Larger than the other, and so not part of what every look carries along.
            Box::pin(self.fetch_in_cluster(&names, within)).await?
        } else {
            let request = request(names.value(), &[names.value(), names.token(), names.generation()]);
            apart(self.servers.request(self.servers.slot(names.value()), &request, "get", within).await?)
        };
        let mark = Mark {
            generation: exactly(string(generation)),
            token: string(token).and_then(|token| last_half(&token)),
        };
        let pttl = Pttl::from(if let Value::Int(left) = pttl { left } else { GONE });
        let content = match string(stored) {
            Some(stored) => content(names.value(), stored, pttl, mark.generation),
            None if pttl == Pttl::Gone => StoredValue::Absent,
            // `MGET` shows nothing where something else than a string is.
            None => StoredValue::Corrupt,
        };
        Ok(Seen { stored: content, mark })
    }

    /// The generation may be on another server than the key.
    async fn fetch_in_cluster(&self, names: &LookedFor, within: Duration) -> Result<[Value; 4], Reason> {
        let of_key = request(names.value(), &[names.value(), names.token()]);
        let of_key = self.servers.request(self.servers.slot(names.value()), &of_key, "get", within);
        let (of_key, generation) = tokio::try_join!(of_key, self.get(names.generation(), within))?;
        let [left, value, token, _] = apart(of_key);
        Ok([left, value, token, generation])
    }

    async fn get(&self, name: &[u8], within: Duration) -> Result<Value, Reason> {
        let mut pipeline = Pipeline::with_capacity(1);
        pipeline.cmd("GET").arg(name);
        Ok(one(self.servers.request(self.servers.slot(name), &pipeline, "get", within).await?))
    }
}

/// Asks how long `value` has left, and what is stored under `names`.
fn request(value: &[u8], names: &[&[u8]]) -> Pipeline {
    let room = "PTTL".len() + value.len();
    let mut pttl = Cmd::with_capacity(2, room);
    pttl.arg("PTTL").arg(value);
    let mut mget = Cmd::with_capacity(1 + names.len(), names.len() * room);
    mget.arg("MGET").arg(names);
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
fn content(key: &[u8], stored: Vec<u8>, pttl: Pttl, generation: Option<[u8; 16]>) -> StoredValue {
    if pttl == Pttl::Gone {
        // Stored a moment ago, after its time was asked for.
        return StoredValue::Absent;
    }
    match envelope::open(key, stored, pttl) {
        Ok((of_value, incoming)) if Some(of_value) == generation => StoredValue::Present(incoming),
        Ok(_) => StoredValue::Absent,
        Err(_) => StoredValue::Corrupt,
    }
}
