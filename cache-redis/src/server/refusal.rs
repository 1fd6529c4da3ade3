//! Why a server could not be connected to, for people.

use cachery_core::remote::Reason;
use redis::{ErrorKind, RedisError};

use super::trouble::Trouble;

/// A connection that did not come about.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// The reason in one word.
    pub(crate) reason: Reason,
    /// Whether the breaker counts it.
    pub(crate) counts: bool,
    /// What happened and what to do, without any secret.
    pub(crate) said: String,
}

impl Refusal {
    pub(crate) fn new(trouble: &Trouble, said: impl Into<String>) -> Self {
        Self { reason: trouble.reason, counts: trouble.counts, said: said.into() }
    }

    /// One whose reason says all.
    pub(crate) fn known(trouble: &Trouble) -> Self {
        Self::new(trouble, trouble.reason.hint())
    }

    /// The server did not answer the handshake in time.
    pub(crate) fn timeout() -> Self {
        Self::new(
            &Trouble::TIMEOUT,
            "it does not answer: see that the address is right, that no firewall stands between, and that the URL begins with `rediss://` exactly if the server speaks TLS",
        )
    }

    /// What callers are told until the next attempt: the reason where only a person can mend it.
    pub(crate) fn for_callers(&self) -> Trouble {
        match self.reason {
            Reason::Io | Reason::Timeout => Trouble::CONNECTING,
            reason => Trouble { reason, ..Trouble::CONNECTING },
        }
    }

    /// What redis-rs says. The server's own words are left out: nobody knows what stands in them.
    pub(crate) fn of(error: &RedisError) -> Self {
        let trouble = Trouble::of(error);
        let said = match trouble.reason {
            Reason::Io if error.kind() == ErrorKind::Io => format!("{}: {error}", advice(error)),
            Reason::Io if error.to_string().contains("switch database") => {
                "it has no database of that number: mend the end of the URL, or raise `databases` in its configuration".to_owned()
            }
            Reason::Io => format!("the handshake failed ({})", error.category()),
            reason => reason.hint().to_owned(),
        };
        Self::new(&trouble, said)
    }
}

/// What to do about a connection that did not come about.
fn advice(error: &RedisError) -> &'static str {
    let said = error.to_string();
    if error.is_connection_refusal() {
        "nothing listens there, so start it or mend the address in its URL"
    } else if said.starts_with("failed to lookup address") {
        "nobody knows its name, so mend the host in its URL"
    } else if said.contains("certificate") {
        "TLS does not trust one of the two, so see the files of `CACHE_REDIS_CA`, `CACHE_REDIS_CERT` and `CACHE_REDIS_KEY`"
    } else {
        "the connection failed; if the server speaks TLS, its URL begins with `rediss://`"
    }
}
