//! What is set once for the remote tier of a registry.

use std::{fmt, time::Duration};

use cachery_syntax::MAX_DURATION;
use serde::Serialize;

use super::{settings::Settings, source::Source, values};
use crate::{
    error::Fault,
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
#[derive(Clone, PartialEq, Eq)]
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

/// The settings of a registry's remote tier.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RemoteSettings {
    /// Where the store is, if that is said.
    pub(super) url: Option<Secret>,
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
            tls: TlsFiles { ca: said.ca, cert: said.cert, key: said.key },
            prefix: said.prefix.unwrap_or_else(|| PREFIX.to_owned()),
            key_secret: said.key_secret,
            required: said.required.unwrap_or(false),
            fallback: said.fallback.unwrap_or_default(),
            deadline: said.remote_deadline.unwrap_or(DEADLINE),
            outage_ttl: said.outage_ttl.unwrap_or(OUTAGE_TTL),
        }
    }
}

impl RemoteSettings {
    pub(crate) fn url(&self) -> Option<&Secret> {
        self.url.as_ref()
    }

    pub(super) fn target(&self) -> Option<Target> {
        let url = self.url.as_ref()?.reveal().to_owned();
        Some(Target { url, tls: self.tls.clone() })
    }
}

/// What one source says about the remote tier.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RemoteLayer {
    pub(crate) url: Option<Secret>,
    pub(crate) ca: Option<String>,
    pub(crate) cert: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) key_secret: Option<Secret>,
    pub(crate) required: Option<bool>,
    pub(crate) fallback: Option<Fallback>,
    pub(crate) remote_deadline: Option<Duration>,
    pub(crate) outage_ttl: Option<Duration>,
}

impl Settings for RemoteLayer {
    fn over(self, lower: Self) -> Self {
        Self {
            url: self.url.or(lower.url),
            ca: self.ca.or(lower.ca),
            cert: self.cert.or(lower.cert),
            key: self.key.or(lower.key),
            prefix: self.prefix.or(lower.prefix),
            key_secret: self.key_secret.or(lower.key_secret),
            required: self.required.or(lower.required),
            fallback: self.fallback.or(lower.fallback),
            remote_deadline: self.remote_deadline.or(lower.remote_deadline),
            outage_ttl: self.outage_ttl.or(lower.outage_ttl),
        }
    }
}

impl RemoteLayer {
    /// Tells what the builder cannot say.
    pub(super) fn check(&self, faults: &mut Vec<Fault>) {
        let prefix = self.prefix.as_deref().and_then(|prefix| values::prefix(prefix).err());
        let secret = self.key_secret.as_ref().and_then(|secret| values::secret(secret.reveal()).err());
        let deadline = self.remote_deadline.and_then(|time| wrong("remote deadline", time));
        let outage_ttl = self.outage_ttl.and_then(|time| wrong("outage ttl", time));
        let files = [&self.ca, &self.cert, &self.key].map(|path| values::path(path.as_deref()?).err());
        let wrong = [prefix, secret, deadline, outage_ttl].into_iter().chain(files).flatten();
        faults.extend(wrong.map(|why| Fault::of_setting(&Source::Builder, &why)));
    }
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
