//! The remote tier as the core sees it: bytes by digest, beside memory and shared by all processes. Backends live in crates of
//! their own and announce themselves.

mod budget;
mod key;

pub(crate) use budget::Budget;
pub(crate) use key::Digester;
pub use key::{Digest, Place, RemoteKey};

use std::{
    any::Any,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use linkme::distributed_slice;

use crate::{codec::Codec, health::ServerHealth, identity::Fingerprint, timeline::Lifetimes};

/// What a tier's operations return.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The connection of one registry to its remote store.
///
/// Every operation ends within the time that it is given and never panics: what cannot be done by then is [`Unavailable`].
/// Dropping an operation's future is safe; an invalidation that was begun is then done in the background.
pub trait RemoteTier: Send + Sync {
    /// What is stored for `key`.
    fn read<'a>(&'a self, key: &'a RemoteKey, within: Duration) -> Pending<'a, Result<Seen, Unavailable>>;

    /// Asks for leave to load `key`, and for the token without which nothing can be filled.
    fn begin<'a>(
        &'a self,
        key: &'a RemoteKey,
        how: Begin,
        within: Duration,
    ) -> Pending<'a, Result<Begun, Unavailable>>;

    /// Stores `value` for `key`, unless the grant's token is not the key's any more. `None` gives the grant back without storing
    /// and tells whether it still held. `announce`: other nodes' memory holds something older that must go, and so must what is
    /// stored, should this not arrive.
    fn fill<'a>(
        &'a self,
        key: &'a RemoteKey,
        grant: Grant,
        value: Option<Outgoing>,
        announce: bool,
        within: Duration,
    ) -> Pending<'a, Result<Filled, Unavailable>>;

    /// Removes the values of `keys` and their tokens, and tells all nodes. `Ok` when the server has done so; otherwise it is queued
    /// and done before anything is read from that server again.
    fn invalidate<'a>(
        &'a self,
        keys: &'a [RemoteKey],
        within: Duration,
    ) -> Pending<'a, Result<(), Unavailable>>;

    /// Makes all entries of the cache called `name` unreadable, on all nodes; queued as an invalidation is.
    fn clear<'a>(&'a self, name: &'a str, within: Duration) -> Pending<'a, Result<(), Unavailable>>;

    /// Waits until the store was reached for the first time, or `within` is over; then says why it was not.
    fn connected(&self, within: Duration) -> Pending<'_, Result<(), String>>;

    /// Whether this node hears of other nodes' invalidations now. While it does not, memory keeps entries for the outage ttl only.
    fn hears(&self) -> bool;

    /// How the servers are.
    fn health(&self) -> Pending<'_, Vec<ServerHealth>>;
}

/// Told by a tier of what happens elsewhere. Its methods neither block nor panic.
pub trait RemoteEvents: Send + Sync {
    /// Another node made the key with this digest unreadable, in the cache with this fingerprint.
    fn invalidated(&self, fingerprint: Fingerprint, digest: &Digest);

    /// The cache called `name` was cleared, by whomever.
    fn cleared(&self, name: &str);

    /// Nothing that memory holds can be trusted: the store was emptied, or a link is back after a gap.
    fn distrusted(&self);

    /// The node is cut off: what memory holds lives for the outage ttl at most.
    fn cut_off(&self);
}

/// What a backend needs to open the tier of one registry.
#[non_exhaustive]
pub struct RemoteOptions {
    /// Where the store is, with its credentials: never to be shown.
    pub target: Target,
    /// What all keys begin with.
    pub prefix: String,
    /// Whom to tell.
    pub events: Arc<dyn RemoteEvents>,
}

/// Where a store is and how to get in.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Target {
    /// The URL.
    pub url: String,
    /// PEM files of own roots, and of a client certificate with its key.
    pub tls: TlsFiles,
}

/// PEM files for TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFiles {
    /// Roots that are trusted in place of the system's.
    pub ca: Option<String>,
    /// The client's certificate.
    pub cert: Option<String>,
    /// The client's private key.
    pub key: Option<String>,
}

impl TlsFiles {
    /// Roots that are trusted in place of the system's.
    #[must_use]
    pub fn ca(self, file: impl Into<String>) -> Self {
        Self { ca: Some(file.into()), ..self }
    }

    /// The client's certificate and its private key.
    #[must_use]
    pub fn client(self, cert: impl Into<String>, key: impl Into<String>) -> Self {
        Self { cert: Some(cert.into()), key: Some(key.into()), ..self }
    }
}

/// What a reader finds.
#[derive(Debug)]
pub struct Seen {
    /// The value.
    pub content: Content,
    /// What stood beside it.
    pub mark: Mark,
}

/// What is stored for a key.
#[derive(Debug)]
pub enum Content {
    /// Nothing that may be read.
    Absent,
    /// A value.
    Value(Incoming),
    /// Something that is no value of ours, or is damaged. Told why, for the count of errors.
    Unreadable(&'static str),
}

/// The state of a key as a reader saw it: the cache's generation and the key's token. Two equal marks with a token mean that
/// nothing invalidated the key in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mark {
    /// The random generation of the cache.
    pub generation: Option<[u8; 16]>,
    /// The random token of the key.
    pub token: Option<[u8; 16]>,
}

/// A stored value, still as bytes.
pub struct Incoming {
    /// Bytes of which [`payload`](Self::payload) is the encoded value.
    pub bytes: Vec<u8>,
    /// Where the encoded value begins.
    pub start: usize,
    /// How it is encoded.
    pub codec: Codec,
    /// The lifetimes with which it was written.
    pub lifetimes: Lifetimes,
    /// How long it has been stored, by the store's clock.
    pub age: Duration,
    /// When it was written, by the writer's clock. For test clocks only: nodes' clocks differ.
    pub written: SystemTime,
    /// How long its load took.
    pub load_time: Duration,
}

impl Incoming {
    /// The encoded value.
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }
}

/// Never the value: it may be private.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("codec", &self.codec)
            .field("lifetimes", &self.lifetimes)
            .field("age", &self.age)
            .finish_non_exhaustive()
    }
}

/// A value on its way to the store.
pub struct Outgoing {
    /// The encoded value.
    pub payload: Vec<u8>,
    /// How it is encoded.
    pub codec: Codec,
    /// Its lifetimes.
    pub lifetimes: Lifetimes,
    /// The time by this registry's clock.
    pub written: SystemTime,
    /// How long its load took.
    pub load_time: Duration,
}

/// Under which conditions a load begins.
#[derive(Clone, Copy, Debug)]
pub struct Begin {
    /// The cache's generation as a look has shown it; `None`: to be asked for.
    pub generation: Option<[u8; 16]>,
    /// Another process's load is waited for.
    pub lease: bool,
    /// Loads that began before this one store nothing any more: for `refresh` and `put`.
    pub supersede: bool,
    /// A value that is there counts: not for `refresh` and `put`, nor when the reader could not use it.
    pub accept: bool,
}

/// What comes of asking for leave to load.
pub enum Begun {
    /// Load.
    Granted(Grant),
    /// A value has come meanwhile.
    Found(Incoming),
    /// Another process loads. The future is ready when it is worth while to ask again: the value may have come, or the other
    /// process may be gone.
    Busy(Pending<'static, ()>),
}

/// Leave to load, with the token that a fill needs. Dropping it lets the next process load.
pub struct Grant {
    /// What the load sees as the key's state.
    pub mark: Mark,
    /// Gives a lease back when dropped.
    pub lease: Option<Box<dyn Any + Send + Sync>>,
}

/// What came of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The grant held; the value, if there was one, is stored.
    Stored,
    /// The key was invalidated after the load began, or its token is gone: nothing is stored.
    Fenced,
    /// The store has no room, or may not be written to: nothing is stored.
    Refused(&'static str),
}

/// Why the store did not answer, in one word that can be a metric's label: `timeout`, `breaker-open`, `connecting`, `io`, `loading`,
/// `readonly`, `no-permission`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable(pub &'static str);

/// A kind of remote tier, announced by its crate.
pub struct RemoteBackend {
    /// Says what is wrong with a target, without connecting and without its secrets.
    pub check: fn(&Target) -> Result<(), String>,
    /// Opens the tier; connecting goes on in the background.
    ///
    /// # Errors
    /// Says why this process cannot have one, without the target's secrets.
    pub open: fn(RemoteOptions) -> Result<Arc<dyn RemoteTier>, String>,
}

/// The remote backends linked into this program. The first one serves.
#[distributed_slice]
pub static REMOTE_BACKENDS: [RemoteBackend];
