//! The outcomes that serve a call, counted and noted.

use super::Miss;

use crate::read::{note::Tier, standby::Standby};
use crate::{cache::Outcome, clock::Moment, entry::Entry};

impl Miss {
    /// Returns the outcome of a call that memory serves while it looks for a value elsewhere.
    pub(super) fn found(&self, entry: Entry) -> Outcome {
        match (self.is_background, self.counted) {
            (true, _) => {}
            (false, true) => self.cache.counters.coalesced(Some(&entry)),
            (false, false) => self.count_hit(&entry),
        }
        self.note(&entry, Tier::Memory, self.counted);
        match &self.remote {
            None => Outcome::Value(entry),
            // Others may have joined who can see changes made elsewhere since.
            Some(remote) => Outcome::Found(entry, remote.began()),
        }
    }

    /// Returns the outcome of a call that memory serves.
    pub(super) fn hit(&self, entry: Entry) -> Outcome {
        self.count_hit(&entry);
        self.note(&entry, Tier::Memory, false);
        Outcome::Value(entry)
    }

    /// Notes the entry that serves the call.
    pub(super) fn note(&self, entry: &Entry, tier: Tier, coalesced: bool) {
        if !self.is_background {
            self.note.serve(entry, || self.now(), tier, coalesced);
        }
    }

    /// Notes the outcome of another caller's load.
    fn note_landed(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Value(entry) => self.note(entry, Tier::Load, true),
            Outcome::Found(entry, _) => self.note(entry, Tier::Remote, true),
            Outcome::Standby(entry) => self.note(entry, Tier::Memory, true),
            Outcome::Error(_) => {}
        }
    }

    pub(super) fn count_hit(&self, entry: &Entry) {
        self.cache.counters.hit(entry.head().facts.spent);
        self.count_past_ttl(entry, self.now());
    }

    /// Returns what a flight's outcome means for this call; `None`: it looks again.
    pub(super) fn landed(&self, outcome: Outcome) -> Option<Outcome> {
        let standby = self.standby.as_ref().filter(|standby| standby.stands(&self.cache));
        match (outcome, standby) {
            (Outcome::Standby(entry), _) if self.is_over => {
                let tier = self.standby.as_ref().map_or(Tier::Memory, Standby::tier);
                self.note(&entry, tier, true);
                Some(Outcome::Standby(entry))
            }
            // The key may have been invalidated between the leader's read and this call.
            (Outcome::Standby(_), None) => None,
            (outcome, _) if self.is_outdated(&outcome) => None,
            // A caller's own value was there when it called.
            (Outcome::Standby(_) | Outcome::Error(_), Some(standby)) => {
                self.count_in_place_of_a_load(standby.entry());
                self.note(standby.entry(), standby.tier(), true);
                Some(Outcome::Standby(standby.entry().clone()))
            }
            (outcome, _) => {
                self.cache.counters.coalesced(outcome.entry());
                self.note_landed(&outcome);
                Some(outcome)
            }
        }
    }

    fn is_outdated(&self, outcome: &Outcome) -> bool {
        match (&self.remote, outcome) {
            (Some(remote), Outcome::Found(_, at)) => *at < remote.began(),
            _ => false,
        }
    }

    /// Returns the outcome of a call that a value of the remote tier serves `now`.
    pub(super) fn remote_hit(&self, entry: Entry, now: Moment) -> Outcome {
        self.cache.found_elsewhere(&entry);
        if self.is_background {
            return Outcome::Value(entry);
        }
        if self.counted {
            self.cache.counters.coalesced(Some(&entry));
        } else {
            self.cache.counters.remote_hit(entry.head().facts.spent);
        }
        self.note(&entry, Tier::Remote, self.counted);
        self.count_past_ttl(&entry, now);
        Outcome::Value(entry)
    }

    /// Counts the call as one miss at most, however often it looks.
    pub(super) fn count_miss(&mut self) {
        if !self.is_background && !std::mem::replace(&mut self.counted, true) {
            self.cache.counters.misses.add(1);
        }
    }
}
