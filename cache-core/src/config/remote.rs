//! What is set once for the remote tier of a registry.

use std::{fmt, time::Duration};

use cache_syntax::MAX_DURATION;
use serde::Serialize;

use super::values;
use crate::{
    error::{BUILDER, Fault},
    remote::{Target, TlsFiles},
};

/// What all keys in the store begin with.
const PREFIX: &str = "cachery";
/// What one call may wait for the remote tier: longer than any healthy answer takes, and shorter than a user notices.
const DEADLINE: Duration = Duration::from_millis(100);
/// How old an answer may be that was kept through an outage.
const OUTAGE_TTL: Duration = Duration::from_secs(30);

/// What `redis` caches do while Redis cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fallback {
    /// Keep answers in this process's memory, for the outage ttl at most.
    #[default]
    Memory,
    /// Run their functions for every call.
    Off,
}

/// As a setting spells it.
impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Off => "off",
        })
    }
}

/// A text that is never shown.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for what must have it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A URL, with a password perhaps, and who gave it.
#[derive(Clone)]
pub(crate) struct Url {
    pub(super) text: Secret,
    pub(super) source: &'static str,
}

impl Url {
    pub(crate) fn of_builder(text: impl Into<String>) -> Self {
        Self { text: Secret::new(text), source: BUILDER }
    }
}

/// Who gave it, and nothing else.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({})", self.source)
    }
}

/// The settings of a registry's remote tier.
#[derive(Clone, Debug)]
pub(crate) struct RemoteSettings {
    /// Where the store is, if that is said.
    pub(super) url: Option<Url>,
    pub(super) tls: TlsFiles,
    /// What all keys in the store begin with.
    pub(crate) prefix: String,
    /// What keys are hidden with.
    pub(crate) key_secret: Option<Secret>,
    /// Whether start-up fails without the store.
    pub(crate) required: bool,
    /// What stands in for the store while it cannot be reached.
    pub(crate) fallback: Fallback,
    /// How long one call waits for the store, in all.
    pub(crate) deadline: Duration,
    /// How long entries in memory live while the node is cut off, at most.
    pub(crate) outage_ttl: Duration,
}

impl Default for RemoteSettings {
    fn default() -> Self {
        Self::from(RemoteLayer::default())
    }
}

impl From<RemoteLayer> for RemoteSettings {
    fn from(said: RemoteLayer) -> Self {
        Self {
            url: said.url,
            tls: said.tls,
            prefix: said.prefix.unwrap_or_else(|| PREFIX.to_owned()),
            key_secret: said.key_secret,
            required: said.required.unwrap_or(false),
            fallback: said.fallback.unwrap_or_default(),
            deadline: said.deadline.unwrap_or(DEADLINE),
            outage_ttl: said.outage_ttl.unwrap_or(OUTAGE_TTL),
        }
    }
}

impl RemoteSettings {
    pub(super) fn target(&self) -> Option<Target> {
        let url = self.url.as_ref()?.text.reveal().to_owned();
        Some(Target { url, tls: self.tls.clone() })
    }

    /// Who gave the URL.
    pub(super) fn url_source(&self) -> &'static str {
        self.url.as_ref().map_or(BUILDER, |url| url.source)
    }
}

/// What one source says about the remote tier.
#[derive(Clone, Debug, Default)]
pub(crate) struct RemoteLayer {
    pub(crate) url: Option<Url>,
    pub(crate) tls: TlsFiles,
    pub(crate) prefix: Option<String>,
    pub(crate) key_secret: Option<Secret>,
    pub(crate) required: Option<bool>,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) outage_ttl: Option<Duration>,
}

impl RemoteLayer {
    /// These settings where they say something, else `lower`.
    pub(super) fn over(self, lower: Self) -> Self {
        Self {
            url: self.url.or(lower.url),
            tls: TlsFiles {
                ca: self.tls.ca.or(lower.tls.ca),
                cert: self.tls.cert.or(lower.tls.cert),
                key: self.tls.key.or(lower.tls.key),
            },
            prefix: self.prefix.or(lower.prefix),
            key_secret: self.key_secret.or(lower.key_secret),
            required: self.required.or(lower.required),
            fallback: self.fallback.or(lower.fallback),
            deadline: self.deadline.or(lower.deadline),
            outage_ttl: self.outage_ttl.or(lower.outage_ttl),
        }
    }

    /// Tells what the builder cannot say.
    pub(super) fn check(&self, faults: &mut Vec<Fault>) {
        let prefix = self.prefix.as_deref().and_then(|prefix| values::prefix(prefix).err());
        let secret = self.key_secret.as_ref().and_then(|secret| values::secret(secret.reveal()).err());
        let deadline = self.deadline.and_then(|time| wrong("remote deadline", time));
        let outage_ttl = self.outage_ttl.and_then(|time| wrong("outage ttl", time));
        let wrong = [prefix, secret, deadline, outage_ttl].into_iter().flatten();
        faults.extend(wrong.map(|why| Fault::of_setting(BUILDER, &why)));
    }
}

/// A client certificate and its key come together. `given` is what the builder says of `files`.
pub(super) fn check_certificate(files: &TlsFiles, given: &TlsFiles, faults: &mut Vec<Fault>) {
    let (has, by_builder, why) = match (&files.cert, &files.key) {
        (Some(_), None) => (
            "CACHE_REDIS_CERT",
            given.cert.is_some(),
            "a client certificate needs its private key: give CACHE_REDIS_KEY, or `key` in `redis_tls`, too",
        ),
        (None, Some(_)) => (
            "CACHE_REDIS_KEY",
            given.key.is_some(),
            "a private key needs its client certificate: give CACHE_REDIS_CERT, or `cert` in `redis_tls`, too",
        ),
        _ => return,
    };
    faults.push(Fault::of_setting(if by_builder { BUILDER } else { has }, why));
}

/// What a time of the builder cannot be; the syntax of variables refuses the same.
fn wrong(what: &str, time: Duration) -> Option<String> {
    if time.is_zero() {
        Some(format!("the {what} is zero: a time is longer than that, such as 100 ms"))
    } else if time > MAX_DURATION {
        Some(format!("the {what} is longer than a century: choose a shorter one"))
    } else {
        None
    }
}
