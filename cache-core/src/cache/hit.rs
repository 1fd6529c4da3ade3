//! A hit: memory answers, and nothing else of a call takes place.

use super::Cache;
use crate::{
    clock::Moment,
    entry::Entry,
    key::Key,
    observe::{Pace, StaleReason},
    timeline::Age,
};

/// The finding of a look into memory for a call. Looking runs no code of the user's, not even the `Drop` of a
/// value: so it may borrow the registry of a scope.
pub(crate) enum Glance {
    /// An entry that answers; the hit is counted.
    Hit(Entry),
    /// An entry that answers when the task has let others run.
    Later(Entry),
    /// An entry that does not answer.
    Unfit(Entry),
    /// No entry.
    Nothing,
}

/// The cause for which memory does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// It has no value that serves.
    Absent,
    /// The task is to let others run first, and nothing is counted.
    Later,
}

impl Glance {
    /// Returns the entry that answers.
    #[inline]
    pub(crate) fn answer(self) -> Result<Entry, Unanswered> {
        match self {
            Self::Hit(entry) => Ok(entry),
            Self::Nothing => Err(Unanswered::Absent),
            unfit => Err(unfit.unanswered()),
        }
    }

    // Beside the code of a hit: a value may die here.
    #[inline(never)]
    fn unanswered(self) -> Unanswered {
        match self {
            Self::Later(entry) => {
                drop(entry);
                Unanswered::Later
            }
            Self::Hit(entry) | Self::Unfit(entry) => {
                drop(entry);
                Unanswered::Absent
            }
            Self::Nothing => Unanswered::Absent,
        }
    }
}

impl Cache {
    /// Looks for an entry of `key` with which memory answers, and counts a hit.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn glance(&self, key: &Key, pace: Pace) -> Glance {
        if !self.policy.is_enabled() {
            return Glance::Nothing;
        }
        let is_trusted = match &self.shared {
            None => true,
            Some(shared) if shared.tiered => shared.is_trusted_forever(),
            Some(_) => return Glance::Nothing,
        };
        let Some(entry) = self.memory.get(key) else { return Glance::Nothing };
        let head = entry.head();
        if !is_trusted || !(self.is_present(head) || self.is_present_with_tags(&entry)) {
            return self.doubtful(entry, pace);
        }
        let end = head.settled_until();
        if end != Moment::NEVER {
            let now = self.clock.now();
            if now >= end {
                return self.unsettled(entry, now, pace);
            }
        }
        if self.counters.hit_in_turn(head.facts.spent, pace) {
            Glance::Hit(entry)
        } else {
            Glance::Later(entry)
        }
    }

    /// Looks at an entry that may have become invalid, or have expired.
    #[inline(never)]
    fn doubtful(&self, entry: Entry, pace: Pace) -> Glance {
        self.end_trust_if_over();
        if !self.stands(&entry) {
            return Glance::Unfit(entry);
        }
        self.unsettled(entry, self.clock.now(), pace)
    }

    /// Looks at an entry that may be past its ttl, or due to be refreshed: it answers where no
    /// caller is to load a new value now.
    #[inline(never)]
    fn unsettled(&self, entry: Entry, now: Moment, pace: Pace) -> Glance {
        let reason = match entry.age(now) {
            Age::Fresh if entry.is_settled(now) || entry.awaits_renewal(now) => None,
            Age::Stale if entry.awaits_renewal(now) => Some(StaleReason::Stale),
            Age::UsableOnError if entry.is_held_off(now) => Some(StaleReason::Error),
            _ => return Glance::Unfit(entry),
        };
        if !self.counters.hit_in_turn(entry.head().facts.spent, pace) {
            return Glance::Later(entry);
        }
        if let Some(reason) = reason {
            self.stale_served(reason);
        }
        Glance::Hit(entry)
    }

    /// Returns the entry with which memory answers, and counts a hit.
    pub(crate) fn hit(&self, key: &Key) -> Option<Entry> {
        self.glance(key, Pace::AtOnce).answer().ok()
    }

    /// Returns the value of the entry with which memory answers, by `open`, which may be the user's
    /// code, and counts a hit.
    #[inline]
    pub(crate) fn hit_value<V>(&self, key: &Key, open: fn(&Entry) -> Option<V>) -> Option<V> {
        let entry = self.hit(key)?;
        let value = open(&entry);
        if value.is_none() {
            self.counters.no_hit(entry.head().facts.spent);
        }
        value
    }
}
