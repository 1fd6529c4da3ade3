//! The values of tags that entries and loads of one registry have.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    named::Named,
    set::{Cell, Drawn, TagSet},
};
use crate::{
    ending::Ending,
    remote::{Digester, TagKey, TagKind},
};

/// The parts of the table, each with a lock of its own: a power of two.
const SHARDS: usize = 64;
/// A shard of fewer values is not swept.
const FEWEST_SWEPT: usize = 256;

/// The values of tags that entries and loads of one registry have. One that nobody has is absent,
/// and its next load draws a new one: so memory is bounded by the entries.
pub(crate) struct Cells {
    digester: Digester,
    shards: Box<[Mutex<Shard>]>,
}

/// Some of the values.
struct Shard {
    cells: HashMap<TagKey, Arc<Cell>>,
    /// With so many values, those that nobody has are removed.
    sweep_at: usize,
}

impl Cells {
    /// Creates a table without values. `digester` is that of the remote tier, if there is one.
    pub(crate) fn new(digester: Digester) -> Self {
        let shard = || Mutex::new(Shard { cells: HashMap::new(), sweep_at: FEWEST_SWEPT });
        Self { digester, shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// Returns the key of a value that a call names.
    pub(crate) fn key(&self, named: &Named) -> TagKey {
        named.tag_key(&self.digester)
    }

    /// Returns the present state of these tags, for a load that is about to begin. Stamps are the
    /// last of them.
    pub(crate) fn draw(&self, keys: &[TagKey]) -> Arc<TagSet> {
        let values = keys.iter().take_while(|key| !key.is_stamp()).count();
        TagSet::of(keys.iter().map(|key| self.shard(key).draw(&cell_of(key))), values)
    }

    /// Makes all entries invalid, or expire, that have this value of a tag, also those of loads that
    /// run. It costs the same for any number of them.
    pub(crate) fn end(&self, key: &TagKey, ending: Ending) {
        // First: a load that has drawn the value's cell, and still finds the stamp, has the cell that
        // ends next.
        self.end_one(&TagKey::stamp(key.name.clone()), ending);
        self.end_one(key, ending);
    }

    fn end_one(&self, key: &TagKey, ending: Ending) {
        let key = &*cell_of(key);
        let mut shard = self.shard(key);
        match ending {
            Ending::Invalid => shard.cells.remove(key).iter().for_each(|cell| cell.end()),
            // It stays: what has expired may be invalidated later.
            Ending::Expired => shard.cells.get(key).into_iter().for_each(|cell| cell.expire()),
        }
    }

    /// Makes all entries invalid that have any tag: this process may have missed invalidations.
    pub(crate) fn end_all(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.cells.drain().for_each(|(_, cell)| cell.end());
        }
    }

    fn shard(&self, key: &TagKey) -> MutexGuard<'_, Shard> {
        let place = usize::from(key.digest.0[0]) % SHARDS;
        lock(&self.shards[place])
    }
}

/// Returns the key of the cell: there is one for a value, whether a call names it or a load has
/// returned it.
fn cell_of(key: &TagKey) -> Cow<'_, TagKey> {
    match key.kind {
        TagKind::Result => Cow::Owned(TagKey::of(key.name.clone(), key.digest)),
        TagKind::Parameter | TagKind::Stamp => Cow::Borrowed(key),
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    // No critical section of ours leaves a shard half changed, so a poisoned lock is sound.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn draw(&mut self, key: &TagKey) -> Drawn {
        if let Some(cell) = self.cells.get(key) {
            return cell.draw();
        }
        if self.cells.len() >= self.sweep_at {
            self.sweep();
        }
        let cell = Arc::<Cell>::default();
        let drawn = cell.draw();
        self.cells.insert(key.clone(), cell);
        drawn
    }

    /// Removes the values that no entry and no load has. Only the table hands them out, under this
    /// lock, so nobody gets one meanwhile.
    fn sweep(&mut self) {
        self.cells.retain(|_, cell| Arc::strong_count(cell) > 1);
        // As many again may come before the next sweep: so it costs little for each of them.
        self.sweep_at = FEWEST_SWEPT.max(2 * self.cells.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::Digest;

    fn key(name: &'static str, number: u32) -> TagKey {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_le_bytes());
        TagKey::of(name, Digest(digest))
    }

    fn cells() -> Cells {
        Cells::new(Digester::new(None))
    }

    fn count(cells: &Cells) -> usize {
        cells.shards.iter().map(|shard| shard.lock().unwrap().cells.len()).sum()
    }

    #[test]
    fn the_end_of_a_value_is_seen_by_those_who_have_it_and_by_no_others() {
        let cells = cells();
        let [one, same, two, other] = [("a", 1), ("a", 1), ("a", 2), ("b", 1)]
            .map(|(name, number)| cells.draw(&[key(name, number)]));
        let both = cells.draw(&[key("a", 2), key("a", 1)]);
        cells.end(&key("a", 1), Ending::Invalid);
        assert!(!one.stands() && !same.stands() && !both.stands());
        assert!(two.stands() && other.stands());
        assert!(cells.draw(&[key("a", 1)]).stands(), "a load that begins now has a new one");
        assert!(!one.stands());
        cells.end_all();
        assert!(!two.stands() && !other.stands());
    }

    #[test]
    fn what_has_expired_is_valid_until_its_value_ends() {
        let cells = cells();
        let end = |ending| cells.end(&key("a", 1), ending);
        let [before, other] = [1, 2].map(|number| cells.draw(&[key("a", number)]));
        end(Ending::Expired);
        assert!(!before.stands() && before.is_valid() && other.stands());
        let after = cells.draw(&[key("a", 1)]);
        assert!(after.stands());
        end(Ending::Invalid);
        end(Ending::Expired);
        assert!([before, after].iter().all(|set| !set.stands() && !set.is_valid()));
        assert!(cells.draw(&[key("a", 1)]).stands() && other.stands());
    }

    #[test]
    fn a_stamp_ends_with_each_value_of_its_tag_and_with_no_other() {
        let cells = cells();
        let [stamp, other] = ["a", "b"].map(TagKey::stamp);
        for ending in [Ending::Invalid, Ending::Expired] {
            let one = cells.draw(&[key("a", 1), stamp.clone()]);
            let two = cells.draw(&[stamp.clone(), other.clone()]);
            cells.end(&key("b", 7), Ending::Invalid);
            assert!(one.stands() && one.stamps_stand() && !two.stamps_stand());
            cells.end(&key("a", 7), ending);
            assert!(!one.stands() && !one.stamps_stand());
            assert!(one.is_valid(), "its value was not invalidated");
        }
    }

    #[test]
    fn a_value_that_a_load_has_returned_ends_with_the_one_that_a_call_names() {
        let cells = cells();
        let [named, returned] = [key("a", 1), key("a", 1).over_result()];
        for ended in [&named, &returned] {
            let sets = [&named, &returned].map(|key| cells.draw(std::slice::from_ref(key)));
            cells.end(ended, Ending::Invalid);
            assert!(sets.iter().all(|set| !set.is_valid()));
        }
    }

    #[test]
    fn an_entry_has_the_values_before_its_load_and_those_returned_and_no_stamps() {
        let cells = cells();
        let before = cells.draw(&[key("a", 1), TagKey::stamp("b")]);
        let returned = cells.draw(&[key("b", 2).over_result()]);
        let entry = TagSet::of_entry(&before, Some(&returned)).unwrap();
        let without = TagSet::of_entry(&before, None).unwrap();
        cells.end(&key("b", 3), Ending::Invalid);
        assert!(entry.stands() && without.stands() && !before.stands());
        cells.end(&key("b", 2), Ending::Invalid);
        assert!(!entry.is_valid() && without.stands());
        cells.end(&key("a", 1), Ending::Invalid);
        assert!(!without.is_valid());
        assert!(TagSet::of_entry(&cells.draw(&[TagKey::stamp("b")]), None).is_none());
    }

    #[test]
    fn a_value_that_nobody_has_takes_no_memory_for_long() {
        let cells = cells();
        let held: Vec<_> = (0..100).map(|number| cells.draw(&[key("held", number)])).collect();
        for number in 0..1_000_000 {
            drop(cells.draw(&[key("a", number)]));
        }
        assert!(count(&cells) <= SHARDS * FEWEST_SWEPT + 2 * held.len(), "{}", count(&cells));
        assert!(held.iter().all(|set| set.stands()), "one that an entry has is never lost");
        (0..100).for_each(|number| cells.end(&key("held", number), Ending::Invalid));
        assert!(held.iter().all(|set| !set.stands()));
    }

    #[test]
    fn values_that_entries_have_are_all_kept() {
        let cells = cells();
        let held: Vec<_> = (0..100_000).map(|number| cells.draw(&[key("a", number)])).collect();
        assert_eq!(count(&cells), held.len());
        assert!(held.iter().all(|set| set.stands()));
    }
}
