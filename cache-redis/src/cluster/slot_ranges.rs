//! The reply to `CLUSTER SLOTS`.

use std::ops::RangeInclusive;

use cachery_core::remote::Reason;
use redis::{Pipeline, ServerError, Value};

use crate::connection::{ConnectError, Host, RequestError, Session};

/// A range of slots and its master.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SlotRange {
    pub(super) slots: RangeInclusive<u16>,
    pub(super) master: Host,
}

/// Asks the node at `host` which master has which slots.
pub(super) async fn ask(session: &Session, host: &Host) -> Result<Vec<SlotRange>, ConnectError> {
    let replies = session.send(Pipeline::new().cmd("CLUSTER").arg("SLOTS")).await;
    let replies = replies.map_err(|error| ConnectError::of(&error))?;
    match replies.into_iter().next() {
        Some(Value::Array(rows)) => Ok(rows.iter().filter_map(|row| read(row, host)).collect()),
        Some(Value::ServerError(error)) => Err(refused(&error)),
        _ => Err(ConnectError::new(
            &RequestError::CLUSTER_DOWN,
            "it does not answer `CLUSTER SLOTS`",
        )),
    }
}

/// Reads `[first slot, last slot, [host, port, …], replicas …]`.
fn read(row: &Value, asked: &Host) -> Option<SlotRange> {
    let Value::Array(row) = row else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = row.as_slice() else {
        return None;
    };
    let name = match master.first()? {
        Value::BulkString(name) => known_name(std::str::from_utf8(name).ok()?),
        _ => None,
    };
    let Value::Int(port) = master.get(1)? else { return None };
    let slots = u16::try_from(*first).ok()?..=u16::try_from(*last).ok()?;
    let name = name.unwrap_or(&asked.name).to_owned();
    Some(SlotRange { slots, master: Host { name, port: u16::try_from(*port).ok()? } })
}

/// Returns the name of a host, if it is known. A node that does not know its own leaves it empty:
/// it is the node that was asked.
pub(super) fn known_name(name: &str) -> Option<&str> {
    Some(name).filter(|name| !name.is_empty() && *name != "?")
}

fn refused(error: &ServerError) -> ConnectError {
    let error = RequestError::of_reply(error).unwrap_or(RequestError::CLUSTER_DOWN);
    let message = match error.reason {
        Reason::ClusterDown => {
            "it does not belong to a cluster that works: write `redis://` for a single server"
        }
        Reason::NoPermission => {
            "the user may not ask for the cluster's slots: grant `+cluster|slots`"
        }
        reason => reason.hint(),
    };
    ConnectError::new(&error, message)
}
