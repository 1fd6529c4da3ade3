//! The part of an entry that each hit reads.

use super::settled::Settled;
use crate::{clock::Moment, generations::Group, money::Spent, timeline::Timeline};

/// The part of an entry that each hit reads. It is found once for all: the value behind it may have
/// any alignment, so each look into an entry computes where its fields are.
pub(crate) struct Head {
    pub(crate) facts: Facts,
    pub(super) settled: Settled,
}

impl Head {
    pub(super) fn new(facts: Facts) -> Self {
        Self { facts, settled: Settled::until(facts.timeline.fresh_until()) }
    }

    /// Returns the moment from which a reader looks at the age of the entry; before it, the entry
    /// is fresh and serves calls.
    #[inline]
    pub(crate) fn settled_until(&self) -> Moment {
        self.settled.end()
    }
}

/// The facts about a value that a tier keeps beside it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// The moments until which it may be used.
    pub timeline: Timeline,
    /// The generation before the value's load began: a cleared cache has another one. In an entry
    /// with tags it has a mark, so that no reader finds it equal to one of the cache.
    pub generation: u64,
    /// The group of keys with which it shares its generation.
    pub(crate) group: Group,
    /// The time and the money of the load that made the value, which a hit saves.
    pub spent: Spent,
}

impl Facts {
    /// Creates the facts of a value that nobody loaded, with this life.
    pub fn new(timeline: Timeline) -> Self {
        Self { timeline, generation: 0, group: Group::default(), spent: Spent::default() }
    }
}
