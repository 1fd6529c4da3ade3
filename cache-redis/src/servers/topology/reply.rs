//! What a node says about its cluster.

use std::ops::RangeInclusive;

use cachery_core::remote::Reason;
use redis::{Pipeline, Value};

use crate::{
    server::{Refusal, Session, Trouble},
    url::Host,
};

/// Slots and their master.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Owned {
    pub(super) slots: RangeInclusive<u16>,
    pub(super) master: Host,
}

/// Asks the node at `host` which master has which slots.
pub(super) async fn ask(session: &Session, host: &Host) -> Result<Vec<Owned>, Refusal> {
    let replies = session.send(Pipeline::new().cmd("CLUSTER").arg("SLOTS")).await;
    let replies = replies.map_err(|error| Refusal::of(&error))?;
    match replies.into_iter().next() {
        Some(Value::Array(rows)) => Ok(rows.iter().filter_map(|row| owned(row, host)).collect()),
        Some(Value::ServerError(error)) => Err(no_cluster(&error)),
        _ => Err(Refusal::new(&Trouble::CLUSTER_DOWN, "it does not answer `CLUSTER SLOTS`")),
    }
}

/// `[first slot, last slot, [host, port, …], replicas …]`
fn owned(row: &Value, asked: &Host) -> Option<Owned> {
    let Value::Array(row) = row else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = row.as_slice() else { return None };
    let host = match master.first()? {
        Value::BulkString(host) => named(std::str::from_utf8(host).ok()?),
        _ => None,
    };
    let Value::Int(port) = master.get(1)? else { return None };
    let slots = u16::try_from(*first).ok()?..=u16::try_from(*last).ok()?;
    Some(Owned { slots, master: (host.unwrap_or_else(|| asked.0.clone()), u16::try_from(*port).ok()?) })
}

/// A node that does not know its own name leaves it empty: it is the one that was asked.
pub(super) fn named(host: &str) -> Option<String> {
    Some(host).filter(|host| !host.is_empty() && *host != "?").map(str::to_owned)
}

fn no_cluster(error: &redis::ServerError) -> Refusal {
    let trouble = Trouble::of_reply(error).unwrap_or(Trouble::CLUSTER_DOWN);
    let said = match trouble.reason {
        Reason::ClusterDown => "it is no node of a cluster that works: write `redis://` for a single server",
        Reason::NoPermission => "the user may not ask for the cluster's slots: grant `+cluster|slots`",
        reason => reason.hint(),
    };
    Refusal::new(&trouble, said)
}
