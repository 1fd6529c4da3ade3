//! Why a server could not be connected to, for people.

use redis::{ErrorKind, RedisError};

use super::trouble::Trouble;

/// A connection that did not come about.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// The reason in one word.
    pub(crate) word: &'static str,
    /// Whether the breaker counts it.
    pub(crate) counts: bool,
    /// What happened and what to do, without any secret.
    pub(crate) said: String,
}

impl Refusal {
    pub(crate) fn new(trouble: &Trouble, said: impl Into<String>) -> Self {
        Self { word: trouble.word, counts: trouble.counts, said: said.into() }
    }

    /// One whose reason says all.
    pub(crate) fn known(trouble: &Trouble) -> Self {
        Self::new(trouble, hint(trouble.word))
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
        match self.word {
            "io" | "timeout" => Trouble::CONNECTING,
            word => Trouble { word, ..Trouble::CONNECTING },
        }
    }

    /// What redis-rs says. The server's own words are left out: nobody knows what stands in them.
    pub(crate) fn of(error: &RedisError) -> Self {
        let trouble = Trouble::of(error);
        let said = match trouble.word {
            "io" if error.kind() == ErrorKind::Io => format!("{}: {error}", advice(error)),
            "io" if error.to_string().contains("switch database") => {
                "it has no database of that number: mend the end of the URL, or raise `databases` in its configuration".to_owned()
            }
            "io" => format!("the handshake failed ({})", error.category()),
            word => hint(word).to_owned(),
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

/// What each reason means and the way out.
pub(crate) fn hint(word: &str) -> &'static str {
    match word {
        "wrong-password" => "it refuses the user name or password: check those in the URL",
        "no-auth" => "it wants a password: write `redis://:password@host` or `redis://user:password@host`",
        "no-permission" => {
            "the user may not do what is needed: grant `+@read +@write +eval +evalsha` and the keys of the prefix"
        }
        "no-eval" => "it does not allow scripts, so the remote tier stays off: grant `+eval +evalsha`",
        "too-old" => {
            "it is older than Redis 7.0, or refuses scripts that begin with `#!lua`, so the remote tier stays off: update it"
        }
        "loading" => "it is still loading its data: it will be asked again",
        "readonly" => "it is a replica: write the address of the master, or use `redis-sentinel://`",
        "cluster-down" => "the cluster is down, or part of it: see `CLUSTER INFO`",
        "timeout" => "it does not answer in time",
        "moved" => "it is a node of a cluster: write `redis-cluster://` in place of `redis://`",
        "connecting" => "it is not connected yet",
        "breaker-open" => "it did not answer several times in a row: it is probed until it does",
        "resharding" => "slots are on their way to another node: it will be asked again",
        "replay" => "it refuses what must be done before anything else",
        "busy" => "it runs a script that does not end: see `SCRIPT KILL`",
        _ => "the connection failed",
    }
}
