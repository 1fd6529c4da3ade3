//! What can be wrong with a server, in one word each: the reasons of metrics, log lines and [`Reason`](cachery_core::Reason).

use cachery_core::remote::Reason;
use redis::{ErrorKind, RedisError, ServerError, Value};

/// Why a request was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The reason.
    pub(crate) reason: Reason,
    /// Whether the breaker counts it: the server, not the request, is at fault.
    pub(crate) counts: bool,
    /// Whether another connection may do better: this one leads to the wrong place.
    pub(crate) reconnects: bool,
    /// Where the slot is now, as the server says it.
    pub(crate) moved_to: Option<String>,
}

impl Trouble {
    const fn new(reason: Reason) -> Self {
        Self { reason, counts: false, reconnects: false, moved_to: None }
    }

    const fn counted(reason: Reason) -> Self {
        Self { reason, counts: true, reconnects: false, moved_to: None }
    }

    /// No answer in time.
    pub(crate) const TIMEOUT: Self = Self::counted(Reason::Timeout);
    /// No connection yet.
    pub(crate) const CONNECTING: Self = Self::new(Reason::Connecting);
    /// Nobody asks.
    pub(crate) const BREAKER_OPEN: Self = Self::new(Reason::BreakerOpen);
    /// Scripts are not allowed.
    const NO_EVAL: Self = Self::new(Reason::NoEval);
    /// Scripts with flags are not known.
    const TOO_OLD: Self = Self::new(Reason::TooOld);
    /// The server is no master.
    pub(crate) const READONLY: Self =
        Self { reason: Reason::ReadOnly, counts: false, reconnects: true, moved_to: None };
    /// What had to be done first was refused.
    pub(crate) const REPLAY: Self = Self::new(Reason::Replay);
    /// Nobody serves the slot.
    pub(crate) const CLUSTER_DOWN: Self = Self::counted(Reason::ClusterDown);

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
            "LOADING" => Self::counted(Reason::Loading),
            "MASTERDOWN" => Self { counts: true, ..Self::READONLY },
            "READONLY" => Self::READONLY,
            "CLUSTERDOWN" => Self::CLUSTER_DOWN,
            "MOVED" => Self { moved_to: new_place(error), ..Self::new(Reason::Moved) },
            "ASK" | "TRYAGAIN" => Self::new(Reason::Resharding),
            "NOPERM" => Self::new(Reason::NoPermission),
            "NOAUTH" => Self { reconnects: true, ..Self::counted(Reason::NoAuth) },
            "WRONGPASS" => Self::counted(Reason::WrongPassword),
            "BUSY" => Self::new(Reason::Busy),
            _ => return None,
        })
    }

    /// What it says about the server that it did not run the simplest script.
    pub(crate) fn of_script(error: &ServerError) -> Self {
        let compiles_not = error.details().is_some_and(|said| said.starts_with("Error compiling script"));
        match Self::of_reply(error) {
            Some(trouble) if trouble.reason != Reason::NoPermission => trouble,
            // Before 7.0 a script's first line, which has its flags, was no Lua.
            _ if compiles_not => Self::TOO_OLD,
            _ => Self::NO_EVAL,
        }
    }

    /// What an error of the connection says.
    pub(crate) fn of(error: &RedisError) -> Self {
        if let Some(errors) = error.clone().into_server_errors() {
            let known = errors.iter().find_map(|(_, error)| Self::of_reply(error));
            return known.unwrap_or(Self::counted(Reason::Io));
        }
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::counted(Reason::WrongPassword),
            _ if error.is_timeout() => Self::TIMEOUT,
            _ => Self { reconnects: true, ..Self::counted(Reason::Io) },
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

    fn of_script(reply: &str) -> Reason {
        match redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => Trouble::of_script(&error).reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_that_does_not_know_flags_is_told_from_one_that_forbids_scripts() {
        let old = "ERR Error compiling script (new function): user_script:1: unexpected symbol near '#'";
        assert_eq!(of_script(old), Reason::TooOld);
        assert_eq!(
            of_script("NOPERM this user has no permissions to run the 'eval' command"),
            Reason::NoEval
        );
        assert_eq!(of_script("ERR unknown command 'EVAL', with args beginning with:"), Reason::NoEval);
        assert_eq!(of_script("LOADING Redis is loading the dataset in memory"), Reason::Loading);
    }
}
