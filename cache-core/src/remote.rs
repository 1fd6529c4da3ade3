//! The remote tier as the core sees it: bytes by digest, beside memory and shared by all processes.
//! Backends live in crates of their own and announce themselves.

mod block;
mod budget;
mod exchange;
mod key;
mod operation;
mod password;
pub(crate) mod reason;
mod shutdown;
mod together;

pub use block::{Block, BlockRequest};
pub(crate) use budget::Budget;
pub use exchange::{
    FillKind, FillRequest, Filled, HoldOff, Holder, IfStored, Incoming, LoadReply, LoadRequest,
    Mark, OtherLoads, Outgoing, ReadRequest, RemotePermit, Seen, SeenTag, StoredTag, StoredValue,
    TagGeneration,
};
pub(crate) use key::Digester;
pub use key::{Place, RemoteKey, TagKey, TagKind};
pub use operation::Operation;
pub use password::{PasswordProvider, PasswordSource};
pub use reason::Reason;
pub use shutdown::{QueuedInvalidations, Shutdown};

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use linkme::distributed_slice;

pub use crate::key::Digest;
use crate::{
    ending::Ending,
    health::ServerHealth,
    identity::Identity,
    observe::Resources,
    site::{self, Site},
};

/// The future that a tier's operation returns.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The connection of one registry to its remote store.
///
/// Every operation ends within the time that it is given and never panics: an operation that
/// cannot be done by then returns the [`Reason`]. Dropping an operation's future is safe; an
/// invalidation that was begun is then done in the background.
pub trait RemoteTier: Send + Sync {
    /// Reads the value stored for `key`, with the state of the key and the generations of `tags`.
    /// The caller tells by itself if the tags of the value stand.
    fn read<'a>(
        &'a self,
        key: &'a RemoteKey,
        tags: &'a [TagKey],
        within: Duration,
    ) -> Pending<'a, Result<Seen, Reason>>;

    /// Returns the present generations of these values of tags; `None` for one that no stored value
    /// has.
    fn tag_generations<'a>(
        &'a self,
        tags: &'a [TagKey],
        within: Duration,
    ) -> Pending<'a, Result<Vec<Option<TagGeneration>>, Reason>>;

    /// Asks for the permit to load `key`; without its token nothing can be filled.
    fn request_load<'a>(
        &'a self,
        key: &'a RemoteKey,
        request: LoadRequest,
        within: Duration,
    ) -> Pending<'a, Result<LoadReply, Reason>>;

    /// Returns the permit for a value that nobody loads, without a request: its fill, which goes
    /// by [`fill_many`](Self::fill_many), takes the place of whatever is stored when it comes, and
    /// is refused when it comes after its time. `None` where the tier has to be asked.
    fn permit_to_replace(&self, _key: &RemoteKey) -> Option<RemotePermit> {
        None
    }

    /// Stores `value` for `key`, unless the permit's token no longer stands. `None` gives the
    /// permit back without storing and tells whether its token stood.
    fn fill<'a>(
        &'a self,
        key: &'a RemoteKey,
        permit: RemotePermit,
        value: Option<Outgoing>,
        kind: FillKind,
        within: Duration,
    ) -> Pending<'a, Result<Filled, Reason>>;

    /// Gives back the permit of a load that has failed in place of which a value serves. Other nodes
    /// that have one do not load before it is time. Done in the background.
    fn hold_off(&self, permit: RemotePermit, hold_off: HoldOff);

    /// Reads the values of several keys, as [`read`](Self::read) does: by one request to each
    /// server, where the tier can. The replies are in the order of the keys.
    fn read_many<'a>(
        &'a self,
        reads: &'a [ReadRequest],
        within: Duration,
    ) -> Pending<'a, Vec<Result<Seen, Reason>>> {
        let one = |read: &'a ReadRequest| self.read(&read.key, &read.tags, within);
        Box::pin(together::all(reads.iter().map(one)))
    }

    /// Asks for the permits to load several keys, as [`request_load`](Self::request_load) does: by
    /// one request to each server, where the tier can.
    fn request_loads<'a>(
        &'a self,
        requests: &'a [(RemoteKey, LoadRequest)],
        within: Duration,
    ) -> Pending<'a, Vec<Result<LoadReply, Reason>>> {
        let one = |(key, request): &'a (RemoteKey, LoadRequest)| {
            self.request_load(key, request.clone(), within)
        };
        Box::pin(together::all(requests.iter().map(one)))
    }

    /// Stores the values of several keys, as [`fill`](Self::fill) does: by one request to each
    /// server, where the tier can.
    fn fill_many(
        &self,
        fills: Vec<FillRequest>,
        within: Duration,
    ) -> Pending<'_, Vec<Result<Filled, Reason>>> {
        let one = |fill: FillRequest| -> Pending<'_, _> {
            Box::pin(async move {
                let FillRequest { key, permit, value, kind } = fill;
                self.fill(&key, permit, value, kind, within).await
            })
        };
        Box::pin(together::all(fills.into_iter().map(one)))
    }

    /// Ends the values of `keys`, of every release of the program, and tells all nodes. Loads that
    /// run fill nothing. `Ok` when every server has done so; a key whose server has not is queued,
    /// and done before anything is read from that server again.
    fn invalidate<'a>(
        &'a self,
        keys: &'a [RemoteKey],
        ending: Ending,
        within: Duration,
    ) -> Pending<'a, Result<(), Reason>>;

    /// Ends the generations of `tags`, and tells all nodes; queued as an invalidation of keys is.
    fn invalidate_tags<'a>(
        &'a self,
        tags: &'a [TagKey],
        ending: Ending,
        within: Duration,
    ) -> Pending<'a, Result<(), Reason>>;

    /// Ends all values of the cache called `name`, on all nodes; queued as an invalidation of keys
    /// is.
    fn invalidate_cache<'a>(
        &'a self,
        name: &'a str,
        ending: Ending,
        within: Duration,
    ) -> Pending<'a, Result<(), Reason>>;

    /// Takes a block of the budget of the cache at `place`, if it is left, and notes what the node has
    /// spent beside its blocks.
    fn take_block<'a>(
        &'a self,
        place: &'a Place,
        request: &'a BlockRequest,
        within: Duration,
    ) -> Pending<'a, Result<Block, Reason>>;

    /// Waits until the store was reached for the first time, or `within` is over; the error is a
    /// sentence for people.
    fn connected(&self, within: Duration) -> Pending<'_, Result<(), String>>;

    /// Tells whether other nodes' invalidations reach this node now. While they do not, memory
    /// keeps entries for the outage ttl only.
    fn receives_invalidations(&self) -> bool;

    /// Returns the health of the servers as far as it is known, without asking them. At the start
    /// it waits for the outcome of the first attempt to connect.
    fn health(&self) -> Pending<'_, Vec<ServerHealth>>;

    /// Returns the invalidations that wait until their servers can be reached.
    fn queued(&self) -> QueuedInvalidations;

    /// Adds the numbers of the tier's tasks, queues and tables.
    fn count_resources(&self, resources: &mut Resources);

    /// Uses the credentials of `target` for connections that are made from now on. Returns false,
    /// and changes nothing, where the target differs in anything else.
    fn take_over(&self, target: &Target) -> bool;

    /// Waits until all invalidations that were begun are done, and leases given back, or `within`
    /// is over. What is lost then is logged and counted by the tier. The tier goes on: an
    /// invalidation that is left is still tried.
    fn shutdown(&self, within: Duration) -> Pending<'_, Shutdown>;
}

/// Returns the names of all caches of the program that a remote tier may keep.
pub fn shared_caches() -> Vec<&'static str> {
    let is_shared = |sites: &Vec<&Site>| sites.iter().any(|site| !site.local);
    site::by_name().iter().filter(|(_, sites)| is_shared(sites)).map(|(name, _)| *name).collect()
}

/// The events that a tier reports to the registry. The methods neither block nor panic.
pub trait RemoteEvents: Send + Sync {
    /// Another node ended the value of the key with this digest, in the cache with this identity.
    fn invalidated(&self, identity: Identity, digest: &Digest, ending: Ending);

    /// Another node ended what has the value with this digest of the tag called `name`.
    fn tag_invalidated(&self, name: &str, digest: Digest, ending: Ending);

    /// Another node ended all values of the cache called `name`.
    fn cache_invalidated(&self, name: &str, ending: Ending);

    /// Nothing that memory holds can be trusted: the store was emptied, or the node may have
    /// missed invalidations.
    fn distrusted(&self);

    /// The node is cut off: entries in memory live for the outage ttl at most.
    fn cut_off(&self);
}

/// The settings with which a backend opens the tier of one registry.
#[non_exhaustive]
pub struct RemoteOptions {
    /// The place of the store, with its credentials: never to be shown.
    pub target: Target,
    /// The text with which all keys begin.
    pub prefix: String,
    /// The profile in effect, for messages.
    pub profile: Option<String>,
    /// The path of the file that keeps invalidations which wait.
    pub journal: Option<String>,
    /// True when the start fails without the store: until it was reached, the error of
    /// [`RemoteTier::connected`] says all, and nothing is logged.
    pub required: bool,
    /// The receiver of events.
    pub events: Arc<dyn RemoteEvents>,
}

/// The address of a store, with credentials and certificates.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Target {
    /// The URL.
    pub url: String,
    /// PEM files of own roots, and of a client certificate with its key.
    pub tls: TlsFiles,
    /// The source of the password, in place of the one in the URL.
    pub password: Option<PasswordSource>,
}

impl Target {
    /// Tells whether nothing but the URL differs. Closures of the program are taken for equal.
    pub(crate) fn differs_by_url_only(&self, other: &Self) -> bool {
        let command = |target: &Self| match &target.password {
            Some(PasswordSource::Command(command)) => Some(command.clone()),
            _ => None,
        };
        self.tls == other.tls && command(self) == command(other)
    }
}

/// PEM files for TLS.
///
/// ```
/// use cachery::config::TlsFiles;
///
/// let files = TlsFiles::default().ca("ca.pem").client("client.pem", "client-key.pem");
/// assert_eq!(files.key.as_deref(), Some("client-key.pem"));
/// ```
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
    /// Sets the roots that are trusted in place of the system's.
    ///
    /// ```
    /// use cachery::{Caches, config::TlsFiles};
    ///
    /// let builder = Caches::builder().redis_tls(TlsFiles::default().ca("/etc/redis/ca.pem"));
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn ca(self, file: impl Into<String>) -> Self {
        Self { ca: Some(file.into()), ..self }
    }

    /// Sets the client's certificate and its private key.
    ///
    /// ```
    /// use cachery::config::TlsFiles;
    ///
    /// let files = TlsFiles::default().client("client.pem", "client.key");
    /// assert_eq!(files.cert.as_deref(), Some("client.pem"));
    /// ```
    #[must_use]
    pub fn client(self, cert: impl Into<String>, key: impl Into<String>) -> Self {
        Self { cert: Some(cert.into()), key: Some(key.into()), ..self }
    }
}

/// A kind of remote tier, announced by its crate.
pub struct RemoteBackend {
    /// Checks a target without connecting; the error is a sentence without the target's secrets.
    pub check: fn(&Target) -> Result<(), String>,
    /// Opens the tier; connecting goes on in the background.
    ///
    /// # Errors
    /// The cause for which this process cannot have one, without the target's secrets.
    pub open: fn(RemoteOptions) -> Result<Arc<dyn RemoteTier>, String>,
    /// Runs a poll of operations by a thread that is parked afterwards: what they wait for is
    /// driven by a runtime of the backend's own, not by the one that this thread may work for.
    pub beside_runtime: fn(&mut dyn FnMut()),
}

/// The remote backends linked into this program. The first one serves.
#[distributed_slice]
pub static REMOTE_BACKENDS: [RemoteBackend];
