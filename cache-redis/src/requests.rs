//! Requests as the tier makes them: a pipeline of plain commands, or one script.

use std::time::{Duration, Instant};

use cachery_core::remote::Reason;
use redis::Value;

use crate::{scripts::Script, servers::Servers};

/// Runs `script` on the master of `slot`; a server that has forgotten it is told it again. The reply may be an error of the script's.
pub(crate) async fn run(
    servers: &Servers,
    script: &Script,
    slot: u16,
    keys: &[Vec<u8>],
    args: &[&[u8]],
    op: &'static str,
    within: Duration,
) -> Result<Value, Reason> {
    let began = Instant::now();
    let reply = one(servers.request(slot, &script.by_hash(keys, args), op, within).await?);
    match &reply {
        Value::ServerError(error) if error.code() == "NOSCRIPT" => {
            let left = within.saturating_sub(began.elapsed());
            Ok(one(servers.request(slot, &script.by_source(keys, args), op, left).await?))
        }
        _ => Ok(reply),
    }
}

/// The only reply there is.
pub(crate) fn one(replies: Vec<Value>) -> Value {
    replies.into_iter().next().unwrap_or_default()
}

/// Why a reply is no answer, for a reply that should be one.
pub(crate) fn refusal(reply: &Value) -> Reason {
    match reply {
        Value::ServerError(error) if error.code() == "OOM" => Reason::OutOfMemory,
        Value::ServerError(_) => Reason::Refused,
        _ => Reason::UnexpectedReply,
    }
}
