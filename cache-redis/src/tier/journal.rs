//! The invalidations that must not be lost: those that no server has acknowledged yet, and those of
//! the last minute, which a server that failed over may have forgotten. (While a server cannot be
//! reached, its minute stands still.)
//!
//! Memory is bounded: where a queue is full, the keys of the fullest cache become one entry for
//! that whole cache, and values of tags become one entry for each cache of the program.

mod file;
mod queue;
mod queues;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use cachery_core::{
    Ending,
    remote::{QueuedInvalidations, RemoteKey, TagKey},
};
use parking_lot::Mutex;

pub(super) use self::file::JournalFile;
use self::queues::Queues;
use super::{
    names::{MARKER, Names},
    work::Work,
};
use crate::{
    server::ReplayId,
    slots::{SLOTS, slot},
};

/// The most keys that are outstanding, and the most that are remembered.
const MAX_KEYS: usize = 10_000;

/// The scope of an invalidation.
#[derive(Clone, Debug)]
pub(super) enum Scope {
    /// One key.
    Key(RemoteKey, Ending),
    /// All keys of the cache with this name.
    Cache(Arc<str>, Ending),
    /// All entries with one value of a tag, as far as this part tells of them.
    Tag(TagKey, TagPart, Ending),
    /// One change, of unknown name, of which the feed of a Cluster was not told.
    Feed,
    /// One that an earlier process has left: its kind, and the keys of its script.
    Left(Kind, Arc<[Vec<u8>]>),
}

/// A part of what Redis keeps for one value of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TagPart {
    /// All of it: on a server that has all slots.
    Whole,
    /// The generation of the value as calls name it.
    Named,
    /// The generation of the value as loads return it, and the stamp of the tag.
    Returned,
}

/// The kind of an invalidation, by which its script is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Key(Ending),
    Cache(Ending),
    Tag(TagPart, Ending),
    Feed,
}

impl Kind {
    /// Each kind with its name in the file.
    const NAMES: [(Self, &'static str); 9] = [
        (Self::Key(Ending::Invalid), "key"),
        (Self::Cache(Ending::Invalid), "cache"),
        (Self::Tag(TagPart::Named, Ending::Invalid), "tag"),
        (Self::Tag(TagPart::Returned, Ending::Invalid), "returned-tag"),
        (Self::Key(Ending::Expired), "expired-key"),
        (Self::Cache(Ending::Expired), "expired-cache"),
        (Self::Tag(TagPart::Named, Ending::Expired), "expired-tag"),
        (Self::Tag(TagPart::Returned, Ending::Expired), "expired-returned-tag"),
        (Self::Feed, "feed"),
    ];

    fn as_str(self) -> &'static str {
        Self::NAMES.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(_, of)| *of == name).map(|(kind, _)| kind)
    }

    /// Returns the number of keys of the script.
    fn key_count(self) -> usize {
        match self {
            Self::Key(_) => 6,
            Self::Tag(TagPart::Whole, _) => 4,
            Self::Cache(_) | Self::Tag(..) => 2,
            Self::Feed => 1,
        }
    }

    /// Returns the place of the marker among the keys of the script, if it has one.
    pub(super) fn marker(self) -> Option<usize> {
        match self {
            Self::Key(_) => Some(MARKER),
            Self::Tag(TagPart::Whole, _) => Some(3),
            Self::Cache(_) | Self::Tag(TagPart::Named, _) => Some(1),
            Self::Tag(TagPart::Returned, _) | Self::Feed => None,
        }
    }
}

impl Scope {
    /// Returns the parts of the end of one value of a tag, each of which is in one slot.
    pub(super) fn of_tag(tag: &TagKey, ending: Ending) -> [Self; 2] {
        [TagPart::Named, TagPart::Returned].map(|part| Self::Tag(tag.clone(), part, ending))
    }

    /// Returns the slot of the keys that an invalidation writes.
    pub(super) fn slot(&self, names: &Names) -> u16 {
        slot(&match self {
            Self::Key(key, _) => names.value(key),
            Self::Cache(name, _) => names.generation(name),
            Self::Tag(tag, TagPart::Returned, _) => names.tag(&TagKey::stamp(tag.name.clone())),
            Self::Tag(tag, ..) => names.tag(tag),
            Self::Feed => names.feed(),
            Self::Left(_, keys) => return slot(&keys[0]),
        })
    }

    /// Returns its kind, and the keys of its script when `node` runs it.
    pub(super) fn keys(&self, names: &Names, node: u64) -> (Kind, Vec<Vec<u8>>) {
        match self {
            Self::Key(key, ending) => (Kind::Key(*ending), names.all_of(key, *ending, node).into()),
            Self::Cache(name, ending) => {
                let marker = names.cache_ended(name, *ending, node);
                (Kind::Cache(*ending), vec![names.generation(name), marker])
            }
            Self::Tag(tag, part, ending) => {
                let stamp = TagKey::stamp(tag.name.clone());
                let by_loads = || [names.tag(&stamp), names.tag(&tag.clone().over_result())];
                let by_calls = || [names.tag(tag), names.tag_ended(tag, *ending, node)];
                let keys = match part {
                    TagPart::Whole => by_loads().into_iter().chain(by_calls()).collect(),
                    TagPart::Named => by_calls().into(),
                    TagPart::Returned => by_loads().into(),
                };
                (Kind::Tag(*part, *ending), keys)
            }
            Self::Feed => (Kind::Feed, vec![names.feed()]),
            Self::Left(kind, keys) => (*kind, keys.to_vec()),
        }
    }

    /// Returns true for one that only tells the feed.
    fn is_for_feed(&self) -> bool {
        matches!(self, Self::Feed | Self::Left(Kind::Feed, _))
    }
}

/// The invalidations of one registry.
pub(super) struct Journal {
    queues: Mutex<Queues>,
    /// The number of outstanding invalidations, readable without the lock.
    outstanding: AtomicUsize,
    /// The number of acknowledgements so far.
    acknowledged: AtomicUsize,
    /// The largest number of invalidations that were reported as lost.
    lost: AtomicUsize,
    work: Arc<Work>,
    /// Locked after `queues`.
    file: Option<Mutex<JournalFile>>,
}

impl Journal {
    /// Returns an empty one. It wakes those who wait for a change of `work`.
    pub(super) fn new(names: Names, work: Arc<Work>) -> Self {
        Self::with_room(names, MAX_KEYS, work)
    }

    fn with_room(names: Names, most: usize, work: Arc<Work>) -> Self {
        let queues = Mutex::new(Queues::new(names, most));
        let [outstanding, acknowledged, lost] = [(); 3].map(|()| AtomicUsize::new(0));
        Self { queues, outstanding, acknowledged, lost, work, file: None }
    }

    /// Has the feed of a Cluster told of each invalidation that is done later than it was asked for.
    pub(super) fn announcing(mut self) -> Self {
        self.queues.get_mut().announces = true;
        self
    }

    /// Keeps what is outstanding in `file` from now on, where that can be used.
    pub(super) fn kept_in(mut self, file: JournalFile) -> Self {
        self.file = Some(Mutex::new(file));
        self.use_file();
        self
    }

    /// Returns true when what is outstanding outlives this process.
    pub(super) fn is_kept(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.lock().is_complete())
    }

    /// Leaves the file to the next who opens it.
    pub(super) fn close(&self) {
        self.file.iter().for_each(|file| file.lock().close());
    }

    /// Takes over the file if it could not be used before, with what an earlier process has left in
    /// it, and makes up for writes that failed.
    pub(super) fn use_file(&self) {
        let Some(file) = self.file.as_ref().filter(|_| !self.is_kept()) else { return };
        self.change(|queues| {
            file.lock().take_over().into_iter().for_each(|scope| _ = queues.add(scope));
        });
    }

    /// Adds invalidations that no server has acknowledged.
    pub(super) fn add_all(&self, scopes: impl IntoIterator<Item = Scope>) {
        self.change(|queues| scopes.into_iter().for_each(|scope| _ = queues.add(scope)));
    }

    /// Records invalidations that a server has acknowledged. They were sent after so many
    /// `suspicions`: if there are more by now, the server may have forgotten them, and they are
    /// outstanding.
    pub(super) fn record_all(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
        suspicions: u64,
        at: Instant,
    ) {
        self.change(|queues| {
            let is_certain = queues.suspicions == suspicions;
            for scope in scopes {
                if is_certain {
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                    queues.record(scope, at);
                } else {
                    queues.add(scope);
                }
            }
        });
    }

    /// Returns how often a server may have forgotten what it acknowledged.
    pub(super) fn suspicions(&self) -> u64 {
        self.queues.lock().suspicions
    }

    /// Notes that a server has acknowledged these. Nothing happens to one that was added again
    /// meanwhile: the newer one is still outstanding.
    pub(super) fn acknowledged(&self, ids: &[ReplayId], at: Instant) {
        self.change(|queues| {
            let known = ids.iter().filter(|id| queues.acknowledged(**id, at)).count();
            self.acknowledged.fetch_add(known, Ordering::Relaxed);
        });
    }

    /// Returns the invalidations that must be done on the server that `owns` these slots, oldest
    /// first.
    pub(super) fn outstanding(&self, owns: &dyn Fn(u16) -> bool) -> Vec<(ReplayId, Scope)> {
        // Asked between two locks, because `owns` is not ours and must not run under one.
        let here: Vec<_> = self.slots().into_iter().filter(|(_, slot)| owns(*slot)).collect();
        let queues = self.queues.lock();
        let still = |(id, _)| Some((id, queues.outstanding.get(id)?.scope.clone()));
        here.into_iter().filter_map(still).collect()
    }

    /// Returns true when anything is outstanding. It costs one atomic load, because it is asked
    /// before every read.
    pub(super) fn has_outstanding(&self) -> bool {
        self.len() > 0
    }

    /// Counts the invalidations that must be done on the server that `owns` these slots.
    pub(super) fn queued(&self, owns: &dyn Fn(u16) -> bool) -> usize {
        self.slots().into_iter().filter(|(_, slot)| owns(*slot)).count()
    }

    /// Counts what is outstanding.
    pub(super) fn len(&self) -> usize {
        self.outstanding.load(Ordering::Acquire)
    }

    /// Counts what servers may have forgotten.
    pub(super) fn remembered(&self) -> usize {
        let queues = self.queues.lock();
        queues.recent.len() + queues.held.len()
    }

    /// Counts the acknowledgements so far.
    pub(super) fn acknowledgements(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Returns how many of the `lost` invalidations were not counted by an earlier call.
    pub(super) fn count_lost(&self, lost: usize) -> usize {
        lost.saturating_sub(self.lost.fetch_max(lost, Ordering::Relaxed))
    }

    /// Returns the length of the queue, and the time for which the oldest has waited.
    pub(super) fn summary(&self, now: Instant) -> QueuedInvalidations {
        if !self.has_outstanding() {
            return QueuedInvalidations::default();
        }
        let queues = self.queues.lock();
        let since = queues.outstanding.iter().map(|(_, note)| note.since).min();
        let oldest = since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        QueuedInvalidations { length: queues.outstanding.len(), oldest }
    }

    /// Notes that a connection to the server that `owns` these slots was lost. What it
    /// acknowledged in the minute before is kept until it is suspected.
    pub(super) fn lost(&self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        let owned = all(owns);
        self.change(|queues| queues.lost(&|slot| owned[usize::from(slot)], now));
    }

    /// Notes that the server that `owns` these slots may have forgotten what it acknowledged in the
    /// last minute, or in the one before it was lost: that is outstanding again. An earlier
    /// acknowledgement that arrives later counts for nothing.
    pub(super) fn suspect(&self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        let owned = all(owns);
        self.change(|queues| queues.suspect(&|slot| owned[usize::from(slot)], now));
    }

    /// Returns the ids and slots of all that is outstanding.
    fn slots(&self) -> Vec<(ReplayId, u16)> {
        self.queues.lock().outstanding.iter().map(|(id, note)| (id, note.slot)).collect()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Queues) -> T) -> T {
        let mut queues = self.queues.lock();
        let result = change(&mut queues);
        let before = self.outstanding.swap(queues.outstanding.len(), Ordering::AcqRel);
        if let Some(file) = &self.file {
            file.lock().keep(&queues.outstanding);
        }
        if before > 0 && queues.outstanding.len() == 0 {
            self.work.notify();
        }
        result
    }
}

/// Returns the answer of `owns` for each slot. It is asked beforehand, because it is not ours and
/// must not run under the lock.
fn all(owns: &dyn Fn(u16) -> bool) -> Vec<bool> {
    (0..SLOTS).map(owns).collect()
}
