//! The closed set of reasons for which a remote tier does not serve a request.

use std::fmt;

use serde::{Serialize, Serializer};

/// A reason for which a remote tier did not do as it was asked.
///
/// [`as_str`](Self::as_str) is the label in metrics and log lines, [`hint`](Self::hint) the
/// sentence for people. A tier never reports another text, so no text is compared anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No reply within the time that the call had left.
    Timeout,
    /// The connection is not made yet.
    Connecting,
    /// The breaker is open: nothing was sent.
    BreakerOpen,
    /// The connection failed.
    Io,
    /// The server still loads its data.
    Loading,
    /// The server is a replica.
    ReadOnly,
    /// The slot lives on another server.
    Moved,
    /// The slot is moving between servers.
    Resharding,
    /// The cluster, or the part that serves the slot, is down.
    ClusterDown,
    /// An earlier invalidation has to be replayed first, and the server refused it.
    Replay,
    /// The server runs a script that does not end.
    Busy,
    /// The user lacks a permission.
    NoPermission,
    /// The server asks for a password and none is configured.
    NoAuth,
    /// The server refused the user name or the password.
    WrongPassword,
    /// The server does not allow scripts.
    NoEval,
    /// The server's memory is full.
    OutOfMemory,
    /// The server refused the command for a reason of its own.
    Refused,
    /// The reply has a shape that the command never returns.
    UnexpectedReply,
    /// The operating system gave no random bytes.
    NoRandomness,
    /// The value did not come in time lately: it is too large for the connection.
    TooSlow,
    /// The source of the password gave none.
    NoPassword,
    /// The calling thread ends, and can wait for nothing any more.
    ThreadEnds,
    /// The server takes no more requests for now: those of the plan are used up.
    RateLimited,
    /// The value is larger than a request to the server may be.
    TooLarge,
}

impl Reason {
    /// All reasons, in the order in which they are listed above.
    pub const ALL: [Self; 24] = [
        Self::Timeout,
        Self::Connecting,
        Self::BreakerOpen,
        Self::Io,
        Self::Loading,
        Self::ReadOnly,
        Self::Moved,
        Self::Resharding,
        Self::ClusterDown,
        Self::Replay,
        Self::Busy,
        Self::NoPermission,
        Self::NoAuth,
        Self::WrongPassword,
        Self::NoEval,
        Self::OutOfMemory,
        Self::Refused,
        Self::UnexpectedReply,
        Self::NoRandomness,
        Self::TooSlow,
        Self::NoPassword,
        Self::ThreadEnds,
        Self::RateLimited,
        Self::TooLarge,
    ];

    /// The label in metrics and log lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connecting => "connecting",
            Self::BreakerOpen => "breaker-open",
            Self::Io => "io",
            Self::Loading => "loading",
            Self::ReadOnly => "readonly",
            Self::Moved => "moved",
            Self::Resharding => "resharding",
            Self::ClusterDown => "cluster-down",
            Self::Replay => "replay",
            Self::Busy => "busy",
            Self::NoPermission => "no-permission",
            Self::NoAuth => "no-auth",
            Self::WrongPassword => "wrong-password",
            Self::NoEval => "no-eval",
            Self::OutOfMemory => "out-of-memory",
            Self::Refused => "refused",
            Self::UnexpectedReply => "unexpected-reply",
            Self::NoRandomness => "no-randomness",
            Self::TooSlow => "too-slow",
            Self::NoPassword => "no-password",
            Self::ThreadEnds => "thread-ends",
            Self::RateLimited => "rate-limited",
            Self::TooLarge => "too-large",
        }
    }

    /// The meaning of the reason and the way out, as the end of a sentence about a server.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Timeout => "it does not answer in time",
            Self::Connecting => "it is not connected yet",
            Self::BreakerOpen => {
                "it did not answer several times in a row: it is probed until it does"
            }
            Self::Io => "the connection failed",
            Self::Loading => "it is still loading its data: it will be asked again",
            Self::ReadOnly => {
                "it is a replica: write the address of the master, or use `redis-sentinel://`"
            }
            Self::Moved => {
                "it is a node of a cluster: write `redis-cluster://` in place of `redis://`"
            }
            Self::Resharding => "slots are moving to another node: it will be asked again",
            Self::ClusterDown => "the cluster is down, or part of it: see `CLUSTER INFO`",
            Self::Replay => "it refuses an invalidation that must be done before anything else",
            Self::Busy => "it runs a script that does not end: see `SCRIPT KILL`",
            Self::NoPermission => {
                "the user lacks a permission: grant `+@read +@write +eval +evalsha` and the keys \
                 of the prefix"
            }
            Self::NoAuth => {
                "it asks for a password: write `redis://:password@host` or \
                 `redis://user:password@host`"
            }
            Self::WrongPassword => {
                "it refuses the user name or the password: check those in the URL"
            }
            Self::NoEval => {
                "it does not allow scripts, so the remote tier stays off: grant `+eval +evalsha`"
            }
            Self::OutOfMemory => {
                "its memory is full: raise `maxmemory`, or set `maxmemory-policy` to \
                 `allkeys-lru`; at Upstash, switch eviction on"
            }
            Self::Refused => "it refuses the command: its own log says why",
            Self::UnexpectedReply => {
                "its reply has an unknown shape: check what stands between it and this program"
            }
            Self::NoRandomness => "the operating system gives no random bytes",
            Self::TooSlow => {
                "a value is too large to come in time: lower `max_value_size`, or raise \
                 `remote_deadline`"
            }
            Self::NoPassword => {
                "its password is not known: the command of `CACHE_REDIS_PASSWORD_COMMAND`, or the \
                 closure of `redis_password`, gave none"
            }
            Self::ThreadEnds => {
                "the destructor of a thread-local value called, where nothing can wait for a \
                 server: call before the thread ends"
            }
            Self::RateLimited => {
                "it takes no more requests for now, because a limit of its plan is reached: see the \
                 limits in its console, and raise the plan or lower the rate"
            }
            Self::TooLarge => "a value is larger than a request may be: lower `max_value_size`",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_label_of_its_own_and_a_hint() {
        let labels: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(labels.len(), Reason::ALL.len());
        for (reason, place) in Reason::ALL.into_iter().zip(0..) {
            assert_eq!(reason as usize, place, "{reason} is listed out of order");
            assert!(!reason.hint().is_empty());
            let is_label = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
            assert!(reason.as_str().bytes().all(is_label), "{reason}");
        }
    }
}
