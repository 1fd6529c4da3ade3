//! Generations: an entry may be read while the generation stands under which its load began.
//!
//! A generation is a sum of two counters that only grow: the cache's, moved by `clear`, and that of
//! a group of keys, moved when another node invalidates one of them. So one number in each entry
//! tells of both, and nobody has to know the key behind a digest. The other keys of the group
//! become invalid with it; they are loaded again.
//!
//! The lower bits of a generation are moved by the soft form, `expire`: entries of a generation that
//! differs in nothing else are expired and not invalid.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};

use crate::{ending::Ending, key::Digest};

/// The fewest and the most groups of a cache.
const GROUPS: std::ops::RangeInclusive<u64> = 1 << 8..=1 << 16;

/// The bits of a generation that `expire` moves. A carry out of them invalidates, which is the safe
/// side.
const SOFT_BITS: u32 = 24;
/// The step by which a generation ends, so that its entries are invalid.
const STEP: u64 = 1 << SOFT_BITS;
/// The step by which the entries of a generation expire.
const SOFT_STEP: u64 = 1;

pub(crate) struct Generations {
    all: AtomicU64,
    /// Empty for a cache that no other node can change.
    groups: Box<[AtomicU64]>,
}

/// The keys that become invalid together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group(u32);

impl Generations {
    /// Creates the generations of a cache that only this process changes.
    pub(crate) fn own() -> Self {
        Self { all: AtomicU64::new(0), groups: Box::default() }
    }

    /// Creates the generations of a cache of `capacity` entries that other nodes change, too: about
    /// as many groups, so that few entries share one.
    pub(crate) fn shared(capacity: u64) -> Self {
        let groups = capacity.clamp(*GROUPS.start(), *GROUPS.end()).next_power_of_two();
        Self { all: AtomicU64::new(0), groups: (0..groups).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Returns the present generation of `group`.
    #[inline]
    pub(crate) fn of(&self, group: Group) -> u64 {
        let of_group = self.groups.get(group.0 as usize).map_or(0, |group| group.load(Acquire));
        self.all.load(Acquire).wrapping_add(of_group)
    }

    /// Returns the group of the key with this digest.
    pub(crate) fn group(&self, digest: &Digest) -> Group {
        let [a, b, c, d, ..] = digest.0;
        Group(
            u32::from_be_bytes([a, b, c, d])
                & u32::try_from(self.groups.len().max(1) - 1).unwrap_or(0),
        )
    }

    /// Tells whether entries of `generation` are not invalid in `group`. They are expired where it
    /// is not the present one.
    pub(crate) fn is_valid(&self, generation: u64, group: Group) -> bool {
        generation >> SOFT_BITS == self.of(group) >> SOFT_BITS
    }

    /// Makes all entries invalid, or expire, whose load began before.
    pub(crate) fn end_all(&self, ending: Ending) {
        self.all.fetch_add(step(ending), Release);
    }

    /// Makes the entries of `group` invalid, or expire, whose load began before.
    pub(crate) fn end(&self, group: Group, ending: Ending) {
        if let Some(group) = self.groups.get(group.0 as usize) {
            group.fetch_add(step(ending), Release);
        }
    }
}

/// Returns the step by which a generation ends.
fn step(ending: Ending) -> u64 {
    match ending {
        Ending::Invalid => STEP,
        Ending::Expired => SOFT_STEP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ending_a_group_or_all_is_seen_by_every_reader_of_it_and_never_undone() {
        let generations = Generations::shared(1000);
        let (here, there) =
            (generations.group(&Digest([7; 32])), generations.group(&Digest([9; 32])));
        assert_ne!(here, there);
        let before = (generations.of(here), generations.of(there));
        generations.end(here, Ending::Invalid);
        assert!(generations.of(here) != before.0 && generations.of(there) == before.1);
        let between = generations.of(here);
        generations.end_all(Ending::Invalid);
        assert!(generations.of(here) != between && generations.of(here) != before.0);
        assert_ne!(generations.of(there), before.1);
    }

    #[test]
    fn what_has_expired_is_valid_until_its_generation_ends() {
        let generations = Generations::shared(1000);
        let group = generations.group(&Digest([7; 32]));
        let before = generations.of(group);
        generations.end(group, Ending::Expired);
        assert!(generations.of(group) != before && generations.is_valid(before, group));
        let between = generations.of(group);
        generations.end_all(Ending::Expired);
        assert!(generations.of(group) != between && generations.is_valid(between, group));
        let between = generations.of(group);
        generations.end(group, Ending::Invalid);
        assert!(!generations.is_valid(before, group) && !generations.is_valid(between, group));
        let between = generations.of(group);
        generations.end_all(Ending::Expired);
        generations.end_all(Ending::Invalid);
        assert!(!generations.is_valid(between, group));
    }

    #[test]
    fn a_cache_of_this_process_has_one_group() {
        let generations = Generations::own();
        assert_eq!(generations.group(&Digest([255; 32])), Group::default());
        generations.end(Group::default(), Ending::Invalid);
        assert_eq!(generations.of(Group::default()), 0);
    }
}
