//! Errors that only their texts tell apart: neither Redis nor redis-rs has a code or a kind for
//! them. No other place of this crate reads the text of an error.

use redis::RedisError;

/// Returns true when the server does not know a command. The code is `ERR`.
pub(super) fn is_unknown_command(error: &RedisError) -> bool {
    error.code() == Some("ERR")
        && error.detail().is_some_and(|text| text.starts_with("unknown command"))
}

/// Returns true when the name of a host has no address. The standard library keeps the kind of
/// such an error to itself.
pub(super) fn is_unknown_host(error: &RedisError) -> bool {
    error.to_string().starts_with("failed to lookup address")
}
