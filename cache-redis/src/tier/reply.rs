//! Replies of Redis, taken apart.

use cachery_core::remote::Reason;
use redis::Value;

/// Returns the only reply.
pub(super) fn only(replies: Vec<Value>) -> Value {
    replies.into_iter().next().unwrap_or_default()
}

/// Returns the reason for which a reply is not the one that was asked for.
pub(super) fn refusal(reply: &Value) -> Reason {
    match reply {
        Value::ServerError(error) if error.code() == "OOM" => Reason::OutOfMemory,
        Value::ServerError(error) if error.code() == "TOOLARGE" => Reason::TooLarge,
        Value::ServerError(_) => Reason::Refused,
        _ => Reason::UnexpectedReply,
    }
}

/// Returns the bytes of a reply, if it is a string.
pub(super) fn bytes(reply: Value) -> Option<Vec<u8>> {
    if let Value::BulkString(bytes) = reply { Some(bytes) } else { None }
}
