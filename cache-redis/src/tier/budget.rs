//! Blocks of budgets that all nodes share: one key for each cache and window, changed by a script.

use std::time::Duration;

use cachery_core::remote::{Block, BlockRequest, Operation, Place, Reason};
use redis::Value;

use super::{
    client::Client,
    reply::{bytes, refusal},
    scripts::{BUDGET, millis},
    token,
};

/// Takes a block of the budget of a cache.
pub(super) async fn take(
    client: &Client,
    place: &Place,
    request: &BlockRequest,
    within: Duration,
) -> Result<Block, Reason> {
    let key = client.node.names.budget(place, request.window);
    let first = (request.part + 1).saturating_sub(request.counted);
    let numbers = [first, request.part, request.need, request.want, request.limit];
    let numbers = numbers.map(|number| number.to_string());
    let differences = request.differences.iter();
    let differences = differences.flat_map(|(part, spent)| [part.to_string(), spent.to_string()]);
    let texts = numbers.into_iter().chain([millis(request.life)]).chain(differences);
    let texts: Vec<_> = texts.collect();
    let node = format!("{:016x}", client.node.id);
    let epoch = format!("{:032x}", u128::from_be_bytes(token::draw()?));
    let mut args = vec![node.as_bytes(), epoch.as_bytes()];
    args.extend(texts.iter().map(String::as_bytes));
    let reply = client.run(&BUDGET, &[key], &args, Operation::Budget, within).await?;
    read(reply)
}

fn read(reply: Value) -> Result<Block, Reason> {
    let Value::Array(parts) = reply else { return Err(refusal(&reply)) };
    let texts =
        parts.into_iter().map(|part| bytes(part).and_then(|text| String::from_utf8(text).ok()));
    let texts: Option<Vec<_>> = texts.collect();
    let block = texts.as_deref().and_then(|texts| match texts {
        [granted, total, share, nodes, epoch] => Some(Block {
            granted: granted.parse().ok()?,
            total: total.parse().ok()?,
            share: share.parse().ok()?,
            nodes: nodes.parse().ok()?,
            epoch: u128::from_str_radix(epoch, 16).ok()?.to_be_bytes(),
        }),
        _ => None,
    });
    block.ok_or(Reason::UnexpectedReply)
}
