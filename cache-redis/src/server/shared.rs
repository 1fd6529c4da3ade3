//! State that all servers of a registry share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tokio::sync::Notify;

use super::{feed::FeedNames, hooks::ServerHooks, reception::Reception};
use crate::{
    connection::{ConnectError, Dialect},
    slots::SlotOwners,
};

/// The meaning of `#insecure`, for people.
pub(super) const UNVERIFIED: &str = "`#insecure` in the URL trusts any certificate, so whoever stands between can read and change \
     all values; set `CACHE_REDIS_CA` in its place";

/// The places by which servers tell of changes.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    /// The prefix of the keys whose changes the servers push.
    pub(crate) prefix: Vec<u8>,
    /// The feed in place of pushes, where there may be one.
    pub(crate) feed: Option<FeedNames>,
}

/// State that all servers of a registry share.
pub(crate) struct Shared {
    pub(crate) hooks: Arc<dyn ServerHooks>,
    pub(super) watched: Watched,
    /// True where the server is reached by a REST API, which carries text only. Known from the start,
    /// because a script by its hash is another one then.
    is_rest: bool,
    /// True once a server was met that takes plain scripts only.
    is_plain: AtomicBool,
    pub(crate) slots: SlotOwners,
    /// Notified when the topology may have changed.
    pub(crate) topology_changed: Notify,
    pub(crate) reception: Reception,
    /// True while a start waits that fails without the servers: its error says all.
    is_quiet: AtomicBool,
    /// True while TLS takes any certificate.
    is_unverified: AtomicBool,
}

impl Shared {
    pub(crate) fn new(
        hooks: Arc<dyn ServerHooks>,
        watched: Watched,
        slots: SlotOwners,
        required: bool,
        is_rest: bool,
    ) -> Arc<Self> {
        let reception = Reception::new(Arc::clone(&hooks));
        Arc::new(Self {
            hooks,
            watched,
            is_rest,
            is_plain: AtomicBool::new(false),
            slots,
            topology_changed: Notify::new(),
            reception,
            is_quiet: AtomicBool::new(required),
            is_unverified: AtomicBool::new(false),
        })
    }

    /// Returns true while nothing is logged, because a start waits and its error says all.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet.load(Relaxed)
    }

    /// Returns true where the server is reached by a REST API.
    pub(super) fn is_rest(&self) -> bool {
        self.is_rest
    }

    /// Returns the error of a server that does not answer.
    pub(super) fn no_answer(&self) -> ConnectError {
        if self.is_rest { ConnectError::timeout_by_rest() } else { ConnectError::timeout() }
    }

    /// Returns the form of scripts that every server takes.
    pub(crate) fn dialect(&self) -> Dialect {
        if self.is_rest {
            Dialect::Text
        } else if self.is_plain.load(Relaxed) {
            Dialect::Plain
        } else {
            Dialect::Flagged
        }
    }

    /// Notes the form of scripts that a server takes.
    pub(super) fn met(&self, dialect: Dialect) {
        if dialect == Dialect::Plain {
            self.is_plain.store(true, Relaxed);
        }
    }

    /// Returns true while TLS takes any certificate.
    pub(super) fn is_unverified(&self) -> bool {
        self.is_unverified.load(Relaxed)
    }

    /// Notes whether TLS takes any certificate, and warns of it.
    pub(crate) fn set_unverified(&self, is_unverified: bool) {
        if is_unverified && !self.is_unverified.swap(is_unverified, Relaxed) {
            tracing::warn!("TLS to Redis is not verified: {UNVERIFIED}");
        }
        self.is_unverified.store(is_unverified, Relaxed);
    }

    /// Notes that the servers were reached: from now on the log tells of them.
    pub(crate) fn started(&self) {
        self.is_quiet.store(false, Relaxed);
    }
}
