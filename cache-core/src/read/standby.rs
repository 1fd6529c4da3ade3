//! A value that is past its ttl, or due to be refreshed, and may serve a call.

use super::served::Tier;
use crate::{
    cache::Cache,
    clock::Moment,
    entry::{Claim, Entry},
    timeline::Age,
};

/// A value that serves a call while a new one is loaded, or when that fails.
pub(super) struct Standby {
    entry: Entry,
    /// The right to renew the entry in memory, where that serves at once.
    pub(super) claim: Option<Claim>,
    /// `true` for a value that was read from the remote tier.
    pub(super) is_remote: bool,
}

impl Standby {
    /// Creates a standby. Its `claim` is on what memory holds.
    pub(super) fn new(entry: Entry, claim: Option<Claim>, is_remote: bool) -> Self {
        Self { entry, claim, is_remote }
    }

    /// Returns the entry.
    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Returns the tier that the value was found in.
    pub(super) fn tier(&self) -> Tier {
        if self.is_remote { Tier::Remote } else { Tier::Memory }
    }

    /// Tells whether the value serves at once while a new one is loaded.
    pub(super) fn serves_at_once(&self, now: Moment) -> bool {
        self.entry.serves_at_once(now)
    }

    /// Tells whether the value still serves when its load has failed: its time is not over, and
    /// nothing has made it invalid.
    pub(super) fn serves(&self, cache: &Cache) -> bool {
        self.entry.age(cache.clock.now()) != Age::Gone && cache.is_valid(&self.entry)
    }

    /// Takes the later of this value and `entry`, which was read from the remote tier.
    pub(super) fn or_later(self, entry: Entry) -> Self {
        if entry.fresh_until() > self.entry.fresh_until() {
            Self { entry, is_remote: true, ..self }
        } else {
            self
        }
    }

    /// Lets no caller of this process try to renew the value before `at`.
    pub(super) fn hold_off(&self, at: Moment) {
        self.entry.hold_off(at);
        self.claim.iter().for_each(|claim| claim.hold_off(at));
    }
}
