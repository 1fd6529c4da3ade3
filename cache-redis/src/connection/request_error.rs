//! The error of a request, and its consequences for the server.

use cachery_core::remote::Reason;
use redis::{ErrorKind, RedisError, ServerError, Value};

/// The reason for which a request was not served, and its consequences for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestError {
    pub(crate) reason: Reason,
    /// True when the server, not the request, is at fault: the breaker counts it.
    pub(crate) counts_against_server: bool,
    /// True when another connection may do better: this one leads to the wrong place.
    pub(crate) ends_session: bool,
    /// The new place of a slot, as the server names it.
    pub(crate) redirect: Option<Redirect>,
}

/// A slot and the server to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) slot: u16,
    /// True while the slot is on its way to that server, which answers for it only if `ASKING` is
    /// sent before.
    pub(crate) is_on_its_way: bool,
    /// `host:port`; the host may be empty.
    pub(crate) address: String,
}

impl RequestError {
    const fn new(reason: Reason) -> Self {
        Self { reason, counts_against_server: false, ends_session: false, redirect: None }
    }

    const fn counted(reason: Reason) -> Self {
        let mut error = Self::new(reason);
        error.counts_against_server = true;
        error
    }

    /// No reply came in time.
    pub(crate) const TIMEOUT: Self = Self::counted(Reason::Timeout);
    /// The connection is not made yet.
    pub(crate) const CONNECTING: Self = Self::new(Reason::Connecting);
    /// The breaker is open: nothing is sent.
    pub(crate) const BREAKER_OPEN: Self = Self::new(Reason::BreakerOpen);
    /// The source of the password gave none.
    pub(crate) const NO_PASSWORD: Self = Self::counted(Reason::NoPassword);
    /// The server refuses the user name, the password or the token.
    pub(crate) const WRONG_PASSWORD: Self = {
        let mut error = Self::counted(Reason::WrongPassword);
        error.ends_session = true;
        error
    };
    /// The reply has an unknown shape.
    #[cfg(feature = "upstash")]
    pub(crate) const UNEXPECTED_REPLY: Self = Self::counted(Reason::UnexpectedReply);
    /// The server does not allow scripts.
    const NO_EVAL: Self = Self::new(Reason::NoEval);
    /// The server is a replica.
    pub(crate) const READ_ONLY: Self = {
        let mut error = Self::new(Reason::ReadOnly);
        error.ends_session = true;
        error
    };
    /// An invalidation that has to be replayed first was refused.
    pub(crate) const REPLAY: Self = Self::new(Reason::Replay);
    /// No server has the slot.
    pub(crate) const CLUSTER_DOWN: Self = Self::counted(Reason::ClusterDown);

    /// Returns the error of the first reply that concerns the server and not the command. Others,
    /// such as `OOM`, are for the caller, and those of slots for who knows the other servers.
    pub(super) fn in_replies(replies: &[Value]) -> Option<Self> {
        let error = |reply| Self::of(reply).filter(|error| !error.is_elsewhere());
        replies.iter().find_map(error)
    }

    /// Returns the error of a reply whose slot has moved, or is moving.
    pub(crate) fn elsewhere(reply: &Value) -> Option<Self> {
        Self::of(reply).filter(Self::is_elsewhere)
    }

    fn of(reply: &Value) -> Option<Self> {
        if let Value::ServerError(error) = reply { Self::of_reply(error) } else { None }
    }

    fn is_elsewhere(&self) -> bool {
        matches!(self.reason, Reason::Moved | Reason::Resharding)
    }

    /// Returns the error for an error reply, if the reply concerns the server.
    pub(crate) fn of_reply(error: &ServerError) -> Option<Self> {
        Some(match error.code() {
            "LOADING" => Self::counted(Reason::Loading),
            "MASTERDOWN" => Self { counts_against_server: true, ..Self::READ_ONLY },
            "READONLY" => Self::READ_ONLY,
            "CLUSTERDOWN" => Self::CLUSTER_DOWN,
            "MOVED" => Self { redirect: Redirect::read(error), ..Self::new(Reason::Moved) },
            "ASK" => Self { redirect: Redirect::read(error), ..Self::new(Reason::Resharding) },
            "TRYAGAIN" => Self::new(Reason::Resharding),
            "NOPERM" => Self::new(Reason::NoPermission),
            "NOAUTH" => Self { ends_session: true, ..Self::counted(Reason::NoAuth) },
            "WRONGPASS" => Self::WRONG_PASSWORD,
            "RATELIMIT" => Self::counted(Reason::RateLimited),
            "BUSY" => Self::new(Reason::Busy),
            _ => return None,
        })
    }

    /// Returns the error for a server that answered the check of scripts with an error reply.
    pub(super) fn of_script_check(error: &ServerError) -> Self {
        match Self::of_reply(error) {
            Some(known) if known.reason != Reason::NoPermission => known,
            // It cannot save to its disk, and refuses writes until it can.
            _ if error.code() == "MISCONF" => Self::new(Reason::Refused),
            _ => Self::NO_EVAL,
        }
    }
}

impl From<&RedisError> for RequestError {
    fn from(error: &RedisError) -> Self {
        if let Some(errors) = error.clone().into_server_errors() {
            let known = errors.iter().find_map(|(_, error)| Self::of_reply(error));
            return known.unwrap_or(Self::counted(Reason::Io));
        }
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::counted(Reason::WrongPassword),
            _ if error.is_timeout() => Self::TIMEOUT,
            _ => Self { ends_session: true, ..Self::counted(Reason::Io) },
        }
    }
}

impl Redirect {
    /// Reads `MOVED 3999 127.0.0.1:6381`, or the same with `ASK`.
    fn read(error: &ServerError) -> Option<Self> {
        let is_on_its_way = error.code() == "ASK";
        let error = RedisError::from(error.clone());
        let (address, slot) = error.redirect_node()?;
        Some(Self { slot, is_on_its_way, address: address.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(reply: &str) -> ServerError {
        match redis::parse_redis_value(format!("-{reply}\r\n").as_bytes()) {
            Ok(Value::ServerError(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_that_forbids_scripts_is_told_from_one_that_is_not_ready() {
        let of_script = |reply| RequestError::of_script_check(&error(reply)).reason;
        assert_eq!(
            of_script("NOPERM this user has no permissions to run the 'eval' command"),
            Reason::NoEval
        );
        assert_eq!(
            of_script("ERR unknown command 'EVAL', with args beginning with:"),
            Reason::NoEval
        );
        assert_eq!(
            of_script("MISCONF Redis is configured to save RDB snapshots, but it's unable to"),
            Reason::Refused
        );
        assert_eq!(of_script("LOADING Redis is loading the dataset in memory"), Reason::Loading);
    }

    #[test]
    fn a_slot_that_has_moved_or_is_moving_is_read_with_the_server_to_ask() {
        let address = "127.0.0.1:6381".to_owned();
        for (code, is_on_its_way) in [("MOVED", false), ("ASK", true)] {
            let error = error(&format!("{code} 3999 {address}"));
            let redirect = Redirect { slot: 3999, is_on_its_way, address: address.clone() };
            assert_eq!(RequestError::of_reply(&error).unwrap().redirect, Some(redirect));
        }
    }
}
