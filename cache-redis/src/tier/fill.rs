//! Fills: a value is stored while its load's token stands.

use std::time::Duration;

use cachery_core::remote::{
    FillKind, Filled, Operation, Outgoing, Reason, RemoteKey, RemotePermit,
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
    let Granted { token, only_if_absent, lease } = *granted;
    let Some(state) = State::of_fill(&token, kind) else { return Ok(Filled::Fenced) };
    let keys = client.node.all_of(key);
    let sealed = value.as_ref().map(|value| envelope::seal(&keys[0], state, value));
    let lifetime = value.as_ref().and_then(|value| value.lifetimes.usable).map(millis);
    let args: [&[u8]; 6] = [
        &token,
        sealed.as_deref().unwrap_or_default(),
        lifetime.as_deref().unwrap_or_default().as_bytes(),
        lease.as_ref().map_or(&[], Lease::id),
        flag(kind == FillKind::Replacing),
        flag(only_if_absent),
    ];
    // Where it is not known whether the old value was replaced, it must not be read again.
    let doubt =
        (kind == FillKind::Replacing).then(|| Batch::new(client, [Scope::Key(key.clone())]));
    let lane = client.sizes.saw(key, sealed.as_ref().map_or(0, Vec::len));
    let call = ScriptCall { script: &FILL, keys: &keys, args: &args };
    match only(client.run_all(&[call], Operation::Fill, within, lane).await?) {
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
