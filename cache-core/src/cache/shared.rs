//! The part of a cache that other processes share.

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
    },
    time::Duration,
};

use cachery_syntax::Backend;

use super::{instances::Instances, unstored::Unstored};
use crate::{
    clock::Moment,
    codec::Unstorable,
    key::Key,
    remote::{Digest, Digester, Place, RemoteKey, RemoteTier},
};

/// The remote tier of a registry, with the settings that all its caches share.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) tier: Arc<dyn RemoteTier>,
    pub(crate) digester: Digester,
    /// The time that one call may wait for it.
    pub(crate) deadline: Duration,
    /// The longest life of an entry in memory while this node is cut off.
    pub(crate) outage_ttl: Duration,
    /// `true`: memory serves `redis` caches while they are cut off.
    pub(crate) fallback: bool,
}

/// The part of one cache that other processes share.
pub(crate) struct Shared {
    pub(crate) remote: Remote,
    pub(crate) tiered: bool,
    /// The keys whose values the remote tier cannot keep.
    pub(crate) unstored: Unstored,
    place: Arc<Place>,
    instances: Instances,
    /// The moment before which entries in memory may be read: the end of the outage ttl since the
    /// node was cut off, or never.
    trusted: AtomicU64,
}

impl Shared {
    pub(crate) fn new(remote: Remote, place: Place, backend: Backend) -> Self {
        let trusted = AtomicU64::new(Moment::NEVER.to_bits());
        Self {
            remote,
            tiered: backend == Backend::Tiered,
            unstored: Unstored::default(),
            place: Arc::new(place),
            instances: Instances::default(),
            trusted,
        }
    }

    /// Returns the part that the keys of the cache have in common.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Returns the digest of `key`.
    pub(crate) fn digest(&self, key: &Key) -> Digest {
        self.remote.digester.of(key)
    }

    /// Returns `key` as the remote tier knows it.
    pub(crate) fn key(&self, key: &Key) -> RemoteKey {
        let place = key.types().map(|types| self.instances.of(types, &self.place).place);
        RemoteKey {
            place: place.unwrap_or_else(|| Arc::clone(&self.place)),
            digest: self.digest(key),
        }
    }

    /// Returns the reason for which the next value of the key is not tried.
    pub(crate) fn unstored(
        &self,
        key: &Key,
        digest: &Digest,
        now: impl FnOnce() -> Moment,
    ) -> Option<Unstorable> {
        let types = key.types();
        let is_alike = types.is_some_and(|types| self.instances.of(types, &self.place).is_alike);
        if is_alike { Some(Unstorable::AlikeTypes) } else { self.unstored.reason(digest, now) }
    }

    /// Tells whether memory may hold values that the remote tier does not have.
    pub(crate) fn keeps_in_outage(&self) -> bool {
        self.tiered || self.remote.fallback
    }

    /// Tells whether entries in memory may be read at `now`.
    #[inline]
    pub(crate) fn is_trusted(&self, now: Moment) -> bool {
        now.to_bits() < self.trusted.load(Acquire)
    }

    /// Tells whether entries in memory may be read without an end.
    #[inline]
    pub(super) fn is_trusted_forever(&self) -> bool {
        self.trusted.load(Acquire) == Moment::NEVER.to_bits()
    }

    pub(super) fn trust_until(&self, end: Moment) {
        self.trusted.store(end.to_bits(), Release);
    }
}
