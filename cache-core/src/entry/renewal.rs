//! The renewal of an entry that is past its ttl: one caller at a time tries.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use super::Entry;
use crate::clock::Moment;

/// Stands for a caller who tries now.
const CLAIMED: u64 = u64::MAX;

/// The moment from which the next caller tries to renew an entry.
#[derive(Debug, Default)]
pub(super) struct Renewal(AtomicU64);

/// The right to renew an entry. Dropping it lets the next caller try.
#[derive(Debug)]
pub(crate) struct Claim(Entry);

impl Entry {
    /// Tells whether no caller is to try to renew the entry at `now`: one tries already, or the
    /// last one has failed a moment ago.
    #[inline]
    pub(crate) fn awaits_renewal(&self, now: Moment) -> bool {
        self.renewal().load(Acquire) > now.to_bits()
    }

    /// Tells whether the last try to renew the entry has failed a moment before `now`.
    pub(crate) fn is_held_off(&self, now: Moment) -> bool {
        let next = self.renewal().load(Acquire);
        next != CLAIMED && next > now.to_bits()
    }

    /// Claims the right to renew the entry; `None` where another caller has it, or the next try is
    /// for later.
    pub(crate) fn claim(&self, now: Moment) -> Option<Claim> {
        let next = self.renewal().load(Acquire);
        let is_due = next <= now.to_bits();
        let claimed = || self.renewal().compare_exchange(next, CLAIMED, AcqRel, Relaxed);
        (is_due && claimed().is_ok()).then(|| Claim(self.clone()))
    }

    /// Lets no caller try before `at`.
    pub(crate) fn hold_off(&self, at: Moment) {
        self.renewal().store(at.to_bits(), Release);
    }

    /// Lets the next caller try at once, unless one tries now.
    pub(super) fn try_again(&self) {
        let later = |next: u64| (next != CLAIMED).then_some(0);
        let _ = self.renewal().fetch_update(AcqRel, Relaxed, later);
    }

    fn renewal(&self) -> &AtomicU64 {
        &self.0.renewal.0
    }
}

impl Claim {
    /// Lets no caller try before `at`.
    pub(crate) fn hold_off(&self, at: Moment) {
        self.0.hold_off(at);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Unless the next try is settled already.
        let _ = self.0.renewal().compare_exchange(CLAIMED, 0, Release, Relaxed);
    }
}
