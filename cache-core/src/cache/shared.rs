//! What a cache has that other processes share: its place in the remote tier, and how far memory is to be trusted.

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

use super::Cache;
use crate::{
    clock::Moment,
    key::{Key, StoredKey},
    last_rites,
    remote::{Digest, Digester, Place, RemoteKey, RemoteTier},
};

/// The remote tier of a registry, and how its caches use it.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) tier: Arc<dyn RemoteTier>,
    pub(crate) digester: Digester,
    /// How long one call may wait for it.
    pub(crate) deadline: Duration,
    /// How long memory keeps what nobody can tell it to drop.
    pub(crate) outage_ttl: Duration,
    /// Whether memory serves `redis` caches while they are cut off.
    pub(crate) fallback: bool,
}

/// One cache's part in the remote tier.
pub(crate) struct Shared {
    pub(crate) remote: Remote,
    pub(crate) tiered: bool,
    place: Arc<Place>,
    /// What memory holds may be read before this moment: the end of the outage ttl since the node was cut off.
    trusted: AtomicU64,
}

impl Shared {
    pub(crate) fn new(remote: Remote, place: Place, backend: Backend) -> Self {
        let trusted = AtomicU64::new(Moment::NEVER.to_bits());
        Self { remote, tiered: backend == Backend::Tiered, place: Arc::new(place), trusted }
    }

    pub(crate) fn digest(&self, key: &Key) -> Digest {
        self.remote.digester.of(key)
    }

    pub(crate) fn key(&self, digest: Digest) -> RemoteKey {
        RemoteKey { place: Arc::clone(&self.place), digest }
    }

    /// Whether memory may hold what could not be told to the remote tier.
    pub(crate) fn keeps_in_outage(&self) -> bool {
        self.tiered || self.remote.fallback
    }

    #[inline]
    pub(crate) fn is_trusted(&self, now: Moment) -> bool {
        now.to_bits() < self.trusted.load(Acquire)
    }

    fn trust_until(&self, end: Moment) {
        self.trusted.store(end.to_bits(), Release);
    }
}

/// Is done when it is dropped: at the end of what it stands before, or when that is given up half way.
pub(crate) struct AtLast<F: Fn()>(pub(crate) F);

impl<F: Fn()> Drop for AtLast<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl Cache {
    /// The node is cut off: what memory holds may be read for the outage ttl. Said again, it changes nothing.
    pub(crate) fn cut_off(&self) {
        if let Some(shared) = &self.shared
            && shared.trusted.load(Acquire) == Moment::NEVER.to_bits()
        {
            shared.trust_until(self.clock.now() + shared.remote.outage_ttl);
        }
    }

    /// Nothing that memory holds is to be trusted, and nothing that is being read.
    pub(crate) fn distrust(&self) {
        if let Some(shared) = &self.shared {
            self.drop_all();
            shared.trust_until(Moment::NEVER);
            // Once more: a cut-off in between is overwritten, and so what was kept before it must go. What comes after it has an
            // end of its own.
            self.drop_all();
        }
    }

    /// The outage ttl is over: what memory held when the node was cut off is read no more. What came later has an end of its own.
    #[cold]
    pub(super) fn end_trust(&self) {
        self.distrust();
    }

    /// Another node made the key with this digest unreadable.
    pub(crate) fn invalidated_elsewhere(&self, digest: &Digest) {
        self.generations.end(self.generations.group(digest));
        self.counters.invalidated_elsewhere.add(1);
    }

    /// Makes all entries unreadable, also those of loads that run.
    pub(crate) fn drop_all(&self) {
        // First the generation: a load that begins from here on may store, and what began before is unreadable.
        self.generations.end_all();
        self.flights.fence_all();
        last_rites::after(|| self.memory.clear());
    }

    /// Drops what memory has for `key`. Loads that run go on.
    pub(crate) fn forget(&self, key: &StoredKey) {
        last_rites::after(|| self.flights.locked(key, || self.remove(key)));
    }

    fn remove(&self, key: &StoredKey) {
        self.memory.remove(key);
        self.front.changed(key.hash64());
    }

    /// Makes `key` unreadable here, also for loads that run.
    pub(crate) fn drop_key(&self, key: &StoredKey) {
        last_rites::after(|| self.flights.fence(key, || self.remove(key)));
    }
}

#[cfg(test)]
mod tests;
