//! The allocation behind an entry.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64},
};

use super::{renewal::Renewal, settled::Settled};
use crate::{generations::Group, key::StoredKey, money::Spent, tag::TagSet, timeline::Timeline};

/// One allocation for a value and its facts.
pub(super) struct Stored<V: ?Sized> {
    pub(super) key: StoredKey,
    pub(super) head: Head,
    /// The bytes of all of it. Zero when it was not weighed.
    pub(super) bytes: u64,
    /// The tags, as they were before the value's load began.
    pub(super) tags: Option<Arc<TagSet>>,
    pub(super) renewal: Renewal,
    pub(super) notes: EngineNotes,
    pub(super) value: V,
}

/// The part of an entry that each hit reads. It is found once for all: the value behind it may have
/// any alignment, so each look into an entry computes where its fields are.
pub(crate) struct Head {
    pub(crate) facts: Facts,
    pub(super) settled: Settled,
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

/// The notes of an engine on an entry. They lie where each hit looks in any case.
#[derive(Debug, Default)]
pub struct EngineNotes {
    /// A mark that hits set.
    pub mark: AtomicU8,
    /// The position of the entry in the engine.
    pub position: AtomicU64,
}
