//! A value that is past its ttl, or due to be refreshed, and may serve a call.

use super::note::Tier;
use crate::{
    cache::Cache,
    clock::Moment,
    entry::{Claim, Entry},
    key::Key,
    timeline::Age,
};

/// A value that serves a call while a new one is loaded, or when that fails.
pub(super) struct Standby {
    key: Key,
    entry: Entry,
    /// The right to renew the entry in memory, where that serves at once.
    pub(super) claim: Option<Claim>,
    /// `true` for a value that was read from the remote tier.
    pub(super) is_remote: bool,
}

impl Standby {
    /// Creates a standby for `key`. Its `claim` is on what memory holds.
    pub(super) fn new(key: &Key, entry: Entry, claim: Option<Claim>, is_remote: bool) -> Self {
        Self { key: key.clone(), entry, claim, is_remote }
    }

    /// Returns the same value for a caller who does not load.
    pub(super) fn without_claim(&self) -> Self {
        Self { key: self.key.clone(), entry: self.entry.clone(), claim: None, ..*self }
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

    /// Tells whether the value still serves a call that no flight tells of invalidations.
    ///
    /// An invalidation removes the entry from memory. In a cache that memory does not answer for, it
    /// ends the entry's generation.
    pub(super) fn stands(&self, cache: &Cache) -> bool {
        let is_held = match &cache.shared {
            Some(shared) if !shared.tiered => true,
            _ => cache.holds(&self.key, &self.entry),
        };
        is_held && self.serves(cache)
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
