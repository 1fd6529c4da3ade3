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

/// Returns true when a text begins with a code, as error replies do.
#[cfg(feature = "upstash")]
pub(super) fn has_code(error: &str) -> bool {
    let code = error.split(' ').next().unwrap_or_default();
    code.len() >= 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Returns the code for an error about a limit of Upstash, which has `ERR` for all of them.
#[cfg(feature = "upstash")]
pub(super) fn code_of_limit(error: &str) -> Option<&'static str> {
    let text = error.strip_prefix("ERR ")?;
    if text.starts_with("DB capacity quota exceeded") {
        Some("OOM")
    } else if ["max request size", "max single record size", "max key size"]
        .iter()
        .any(|limit| text.starts_with(limit))
    {
        Some("TOOLARGE")
    } else if text.starts_with("max ") && text.contains(" exceeded") {
        Some("RATELIMIT")
    } else {
        None
    }
}
