//! The work that is on its way to servers, for a shutdown to wait for.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// Counts work that is on its way to servers.
#[derive(Default)]
pub(super) struct Work {
    invalidations: AtomicUsize,
    releases: AtomicUsize,
    /// The leases that are renewed. A shutdown does not wait for them.
    leases: AtomicUsize,
    /// Notified when work ends.
    changed: Notify,
}

/// Work that has begun. Dropping it ends the rest of it.
pub(super) struct Begun {
    work: Arc<Work>,
    kind: Kind,
    left: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Invalidations,
    Release,
    Lease,
}

impl Work {
    /// Begins so many invalidations.
    pub(super) fn invalidations(self: &Arc<Self>, count: usize) -> Begun {
        self.begin(Kind::Invalidations, count)
    }

    /// Begins to give a lease back.
    pub(super) fn release(self: &Arc<Self>) -> Begun {
        self.begin(Kind::Release, 1)
    }

    /// Begins to renew a lease.
    pub(super) fn lease(self: &Arc<Self>) -> Begun {
        self.begin(Kind::Lease, 1)
    }

    /// Counts the leases that are renewed.
    pub(super) fn leases(&self) -> usize {
        self.leases.load(Ordering::Acquire)
    }

    /// Counts the leases that are being given back.
    pub(super) fn releases(&self) -> usize {
        self.releases.load(Ordering::Acquire)
    }

    /// Counts the invalidations on their way.
    pub(super) fn invalidations_begun(&self) -> usize {
        self.invalidations.load(Ordering::Acquire)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.invalidations_begun() == 0 && self.releases() == 0
    }

    /// Wakes those who wait for a change.
    pub(super) fn notify(&self) {
        self.changed.notify_waiters();
    }

    /// Returns the notification of the next change. It counts from its first poll or `enable` on.
    pub(super) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }

    fn begin(self: &Arc<Self>, kind: Kind, count: usize) -> Begun {
        self.counter(kind).fetch_add(count, Ordering::AcqRel);
        Begun { work: Arc::clone(self), kind, left: count }
    }

    fn counter(&self, kind: Kind) -> &AtomicUsize {
        match kind {
            Kind::Invalidations => &self.invalidations,
            Kind::Release => &self.releases,
            Kind::Lease => &self.leases,
        }
    }
}

impl Begun {
    /// Ends so much of it.
    pub(super) fn end(&mut self, count: usize) {
        let count = count.min(self.left);
        self.left -= count;
        self.work.counter(self.kind).fetch_sub(count, Ordering::AcqRel);
        self.work.notify();
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.end(self.left);
    }
}
