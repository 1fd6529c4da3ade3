//! Fills: a value is stored while its load's token stands.

use std::time::Duration;

use cachery_core::{
    Ending,
    remote::{FillKind, Filled, Operation, Outgoing, Reason, RemoteKey, RemotePermit},
};
use redis::Value;

use super::{
    client::Client,
    envelope,
    invalidate::Batch,
    journal::Scope,
    lease::Lease,
    load::Granted,
    reply::{only, refusal},
    scripts::{FILL, flag, millis},
    tags,
    token::State,
};
use crate::connection::ScriptCall;

/// Stores `value`, or only gives the permit back where there is none.
pub(super) async fn fill(
    client: &Client,
    key: &RemoteKey,
    permit: RemotePermit,
    value: Option<Outgoing>,
    kind: FillKind,
    within: Duration,
) -> Result<Filled, Reason> {
    let Ok(granted) = permit.granted.downcast::<Granted>() else { return Ok(Filled::Fenced) };
    let Granted { token, only_if_absent, lease, tags } = *granted;
    let Some(state) = State::of_fill(&token, kind) else { return Ok(Filled::Fenced) };
    let keys = client.node.and_feed(client.node.all_of(key));
    let value = value.as_ref();
    let sealed = value.and_then(|value| envelope::seal(&keys[0], state, value, &tags));
    let lifetime = value.and_then(|value| value.lifetimes.usable).map(millis);
    let args: [&[u8]; 6] = [
        &token,
        sealed.as_deref().unwrap_or_default(),
        lifetime.as_deref().unwrap_or_default().as_bytes(),
        lease.as_ref().map_or(&[], Lease::id),
        flag(kind == FillKind::Replacing),
        flag(only_if_absent),
    ];
    // Where it is not known whether the old value was replaced, it must not be read again.
    let doubt = (kind == FillKind::Replacing)
        .then(|| Batch::new(client, [Scope::Key(key.clone(), Ending::Invalid)]));
    let lane = client.sizes.saw(key, sealed.as_ref().map_or(0, Vec::len));
    let call = ScriptCall { script: &FILL, keys: &keys, args: &args };
    let calls = [call];
    let fill = client.run_all(&calls, Operation::Fill, within, lane);
    let replies = if tags.is_empty() || sealed.is_none() {
        fill.await?
    } else {
        let kept = tags::keep(client, &tags, lifetime.as_deref(), within);
        Box::pin(async { tokio::join!(fill, kept).0 }).await?
    };
    match only(replies) {
        Value::Int(token_stood) => {
            if let Some(doubt) = doubt {
                doubt.cancel();
            }
            // The script has given it back.
            if let Some(lease) = lease {
                lease.disarm();
            }
            Ok(if token_stood == 1 { Filled::Stored } else { Filled::Fenced })
        }
        reply => Ok(Filled::Refused(refusal(&reply))),
    }
}
