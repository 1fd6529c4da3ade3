//! What can be wrong with a server, in one word each: the reasons of metrics, log lines and [`Unavailable`](cachery_core::Unavailable).

use redis::{ErrorKind, RedisError, ServerError, Value};

/// Why a request was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The reason.
    pub(crate) word: &'static str,
    /// Whether the breaker counts it: the server, not the request, is at fault.
    pub(crate) counts: bool,
    /// Whether another connection may do better: this one leads to the wrong place.
    pub(crate) reconnects: bool,
    /// Where the slot is now, as the server says it.
    pub(crate) moved_to: Option<String>,
}

impl Trouble {
    const fn new(word: &'static str) -> Self {
        Self { word, counts: false, reconnects: false, moved_to: None }
    }

    const fn counted(word: &'static str) -> Self {
        Self { word, counts: true, reconnects: false, moved_to: None }
    }

    /// No answer in time.
    pub(crate) const TIMEOUT: Self = Self::counted("timeout");
    /// No connection yet.
    pub(crate) const CONNECTING: Self = Self::new("connecting");
    /// Nobody asks.
    pub(crate) const BREAKER_OPEN: Self = Self::new("breaker-open");
    /// Scripts are not allowed.
    const NO_EVAL: Self = Self::new("no-eval");
    /// Scripts with flags are not known.
    const TOO_OLD: Self = Self::new("too-old");
    /// The server is no master.
    pub(crate) const READONLY: Self =
        Self { word: "readonly", counts: false, reconnects: true, moved_to: None };
    /// What had to be done first was refused.
    pub(crate) const REPLAY: Self = Self::new("replay");
    /// Nobody serves the slot.
    pub(crate) const CLUSTER_DOWN: Self = Self::counted("cluster-down");

    /// The first of `replies` that concerns the server and not the command. Others, such as `OOM`, are for whoever asked.
    pub(crate) fn in_replies(replies: &[Value]) -> Option<Self> {
        replies.iter().find_map(|reply| match reply {
            Value::ServerError(error) => Self::of_reply(error),
            _ => None,
        })
    }

    /// What an error reply says about the server, if anything.
    pub(crate) fn of_reply(error: &ServerError) -> Option<Self> {
        Some(match error.code() {
            "LOADING" => Self::counted("loading"),
            "MASTERDOWN" => Self { counts: true, ..Self::READONLY },
            "READONLY" => Self::READONLY,
            "CLUSTERDOWN" => Self::CLUSTER_DOWN,
            "MOVED" => Self { moved_to: new_place(error), ..Self::new("moved") },
            "ASK" | "TRYAGAIN" => Self::new("resharding"),
            "NOPERM" => Self::new("no-permission"),
            "NOAUTH" => Self { reconnects: true, ..Self::counted("no-auth") },
            "WRONGPASS" => Self::counted("wrong-password"),
            "BUSY" => Self::new("busy"),
            _ => return None,
        })
    }

    /// What it says about the server that it did not run the simplest script.
    pub(crate) fn of_script(error: &ServerError) -> Self {
        let compiles_not = error.details().is_some_and(|said| said.starts_with("Error compiling script"));
        match Self::of_reply(error) {
            Some(trouble) if trouble.word != "no-permission" => trouble,
            // Before 7.0 a script's first line, which has its flags, was no Lua.
            _ if compiles_not => Self::TOO_OLD,
            _ => Self::NO_EVAL,
        }
    }

    /// What an error of the connection says.
    pub(crate) fn of(error: &RedisError) -> Self {
        if let Some(errors) = error.clone().into_server_errors() {
            let known = errors.iter().find_map(|(_, error)| Self::of_reply(error));
            return known.unwrap_or(Self::counted("io"));
        }
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::counted("wrong-password"),
            _ if error.is_timeout() => Self::TIMEOUT,
            _ => Self { reconnects: true, ..Self::counted("io") },
        }
    }
}

/// `MOVED 3999 127.0.0.1:6381`
fn new_place(error: &ServerError) -> Option<String> {
    error.details()?.split_ascii_whitespace().nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_script(reply: &str) -> &'static str {
        match redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => Trouble::of_script(&error).word,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_that_does_not_know_flags_is_told_from_one_that_forbids_scripts() {
        let old = "ERR Error compiling script (new function): user_script:1: unexpected symbol near '#'";
        assert_eq!(of_script(old), "too-old");
        assert_eq!(of_script("NOPERM this user has no permissions to run the 'eval' command"), "no-eval");
        assert_eq!(of_script("ERR unknown command 'EVAL', with args beginning with:"), "no-eval");
        assert_eq!(of_script("LOADING Redis is loading the dataset in memory"), "loading");
    }
}
