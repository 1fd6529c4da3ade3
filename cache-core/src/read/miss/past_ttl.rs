//! The part of a miss in which a value serves that is past its ttl or due to be refreshed: at once
//! while it may, and in place of a load that fails.

use std::sync::Arc;

use super::{Miss, Next};
use crate::{
    cache::{Cache, Due, Outcome},
    clock::Moment,
    entry::Entry,
    flight::{Permit, Progress},
    observe::StaleReason,
    read::{combined::Combined, load::LoadCause, standby::Standby},
    remote::HoldOff,
    timeline::Age,
};

/// The renewal of a value that is stale or due to be refreshed, by the caller who has claimed it.
pub(in crate::read) struct Renewal(pub(super) Box<Miss>);

impl Renewal {
    /// Finds a new value, or gets the permit to load one for the caller.
    pub(in crate::read) async fn inline(self) -> Next {
        self.0.renew(LoadCause::Inline).await
    }

    /// Serves the caller with the old value. The rest of the renewal is for nobody's call.
    pub(in crate::read) fn serve(&mut self) -> Option<Entry> {
        let Next::Take(Outcome::Standby(entry)) = self.0.take_standby() else {
            return None;
        };
        self.0.is_background = true;
        Some(entry)
    }

    /// Makes the key one of several that `load` leads, for nobody's call.
    pub(in crate::read) fn part_of(self, load: &Arc<Progress>, combined: &Arc<Combined>) -> Self {
        Self(Box::new(self.0.part_of(load, combined)))
    }

    /// Finds a new value, or gets the permit to load one, for nobody's call.
    pub(in crate::read) async fn in_background(self) -> Next {
        self.0.renew(LoadCause::Background).await
    }

    /// Returns the cache.
    pub(in crate::read) fn cache(&self) -> &Arc<Cache> {
        &self.0.cache
    }
}

impl Miss {
    /// Loads a new value in place of one that serves meanwhile, unless somebody does already. The remote tier is
    /// looked at first: another process may have loaded one.
    pub(super) async fn renew(mut self, cause: LoadCause) -> Next {
        let is_remote = self.standby.as_ref().is_some_and(|standby| standby.is_remote);
        if !is_remote && let Some(outcome) = self.read().await {
            return Next::Take(outcome);
        }
        let generation = || self.cache.generations.of(self.group);
        let permit = self.cache.flights.lead(&self.key, generation, || self.begin_load());
        let Some(permit) = permit else { return self.take_standby() };
        if let Some(outcome) = self.look_again() {
            permit.land(outcome.clone(), || ());
            return Next::Take(outcome);
        }
        if let Some(remote) = &mut self.remote {
            remote.give_way_at(self.cache.clock.now());
        }
        self.load_for(permit, cause).await
    }

    /// Tells whether an old value could serve the call at once.
    pub(super) fn is_served_at_once(&self) -> bool {
        self.standby.as_ref().is_some_and(|standby| standby.serves_at_once(self.now()))
    }

    /// Looks for an old value where memory may answer before the remote tier is asked. One that is
    /// stale or due to be refreshed serves at once, except for the caller who is to renew it.
    pub(super) fn look_at_memory(&mut self) -> Option<Outcome> {
        let entry = self.cache.at_hand(&self.key).filter(self.fits)?;
        let now = self.now();
        match entry.age(now) {
            // It has come since the caller looked.
            Age::Fresh if entry.is_settled(now) => Some(self.hit(entry)),
            Age::Gone => None,
            _ if self.is_held_off(&entry) => Some(self.hit(entry)),
            Age::UsableOnError => {
                self.standby = Some(Standby::new(&self.key, entry, None, false));
                None
            }
            Age::Fresh | Age::Stale => match entry.claim(now) {
                Some(claim) => {
                    self.standby = Some(Standby::new(&self.key, entry, Some(claim), false));
                    None
                }
                None => Some(self.hit(entry)),
            },
        }
    }

    /// Tells whether the last load of the key has failed a moment ago. Then readers of `entry` need
    /// not ask again before the next one is due.
    pub(super) fn is_held_off(&self, entry: &Entry) -> bool {
        let next = self.cache.retries.of(entry);
        let held_off = next.filter(|at| self.now() < *at);
        if let Some(at) = held_off {
            entry.hold_off(at);
        }
        held_off.is_some()
    }

    /// Serves the call, and those who wait for it, with the old value, because a load of another
    /// process has failed.
    pub(super) fn held_off_elsewhere(
        &self,
        permit: Permit<Outcome>,
        HoldOff { left, delay }: HoldOff,
    ) -> Next {
        let Some(standby) = &self.standby else { return Next::Bypass };
        let now = self.now();
        let due = Due { at: now + left, delay };
        let note = || {
            self.cache.retries.failed_elsewhere(standby.entry(), now, due);
            standby.hold_off(due.at);
        };
        let outcome = Outcome::Standby(standby.entry().clone());
        if let Err(permit) = permit.fail_with(&outcome, note) {
            // What is only being replaced meanwhile serves, and what was invalidated does not.
            if !standby.stands(&self.cache) {
                return Next::Bypass;
            }
            permit.land(outcome, || ());
        }
        self.take_standby()
    }

    /// Counts a value that serves in place of a load that failed.
    pub(super) fn count_in_place_of_a_load(&self, entry: &Entry) {
        let is_past_ttl = entry.age(self.now()) != Age::Fresh;
        if is_past_ttl {
            self.cache.stale_served(StaleReason::Error);
        }
    }

    /// Counts a value that serves at once, if it is past its ttl.
    pub(super) fn count_past_ttl(&self, entry: &Entry, now: Moment) {
        match entry.age(now) {
            Age::Fresh => {}
            Age::Stale => self.cache.stale_served(StaleReason::Stale),
            Age::UsableOnError | Age::Gone => {
                self.cache.stale_served(StaleReason::Error);
            }
        }
    }

    /// Serves the call with the old value, because the load of another process takes too long.
    pub(super) fn take_slow_standby(&self) -> Next {
        let Some(standby) = &self.standby else { return Next::Bypass };
        self.cache.stale_served(StaleReason::Timeout);
        Next::Take(Outcome::Standby(standby.entry().clone()))
    }

    /// Serves the call with the old value.
    pub(super) fn take_standby(&self) -> Next {
        let Some(standby) = &self.standby else { return Next::Bypass };
        let counters = &self.cache.counters;
        match standby {
            _ if self.is_background => {
                return Next::Take(Outcome::Standby(standby.entry().clone()));
            }
            _ if self.counted => {}
            standby if standby.is_remote => counters.remote_hit(standby.entry().head().facts.spent),
            standby => counters.hit(standby.entry().head().facts.spent),
        }
        self.count_past_ttl(standby.entry(), self.now());
        self.note(standby.entry(), standby.tier(), false);
        Next::Take(Outcome::Standby(standby.entry().clone()))
    }
}
