//! Invalidations in the order of their ids, each key and each cache once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use cachery_core::{
    Ending, Fingerprint,
    remote::{Digest, TagKey, shared_caches},
};

use super::{Scope, TagPart};
use crate::server::ReplayId;

/// One invalidation.
#[derive(Clone)]
pub(super) struct Note {
    pub(super) scope: Scope,
    /// The slot of the keys that it writes.
    pub(super) slot: u16,
    /// True when it stands for keys of one cache that were done in other slots.
    pub(super) merged: bool,
    /// The time since which it has been outstanding.
    pub(super) since: Instant,
    /// The time of the acknowledgement that stands.
    pub(super) at: Option<Instant>,
    /// The time for which earlier acknowledgements stood, each until the server was lost or
    /// suspected.
    pub(super) stood: Duration,
}

impl Note {
    pub(super) fn is_in(&self, owns: &dyn Fn(u16) -> bool) -> bool {
        self.merged || owns(self.slot)
    }

    /// Returns it without its acknowledgement, which is in doubt from `now` on. It counts as if it
    /// had stood for the `least` time at least.
    pub(super) fn doubted(mut self, now: Instant, least: Duration) -> Self {
        if let Some(at) = self.at.take() {
            self.stood += now.saturating_duration_since(at).max(least);
            self.since = now;
        }
        self
    }

    /// Returns those with which it can become fewer notes.
    fn kin(&self) -> Option<Kin> {
        match &self.scope {
            Scope::Key(key, ending) => Some(Kin::KeysOf(key.place.name, *ending)),
            Scope::Tag(.., ending) => Some(Kin::Tags(*ending)),
            Scope::Cache(..) | Scope::Feed | Scope::Left(..) => None,
        }
    }
}

/// Notes that can become fewer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kin {
    /// Those about keys of a cache: one about that cache stands for them.
    KeysOf(&'static str, Ending),
    /// Those about values of tags: those about all caches of the program stand for them.
    Tags(Ending),
}

impl Kin {
    /// Returns what stands for these notes.
    pub(super) fn merged(self) -> impl Iterator<Item = Scope> {
        let (names, ending) = match self {
            Self::KeysOf(name, ending) => (vec![name], ending),
            Self::Tags(ending) => (shared_caches(), ending),
        };
        names.into_iter().map(move |name| Scope::Cache(name.into(), ending))
    }
}

/// The subject of a note, unique in a queue. A fingerprint covers the cache's name. A merged note
/// stands beside that of a real clear, because it may stand for keys that were invalidated after
/// that.
#[derive(PartialEq, Eq, Hash)]
enum Subject {
    Key(Fingerprint, Digest, Ending),
    Cache { name: Arc<str>, ending: Ending, merged: bool },
    Tag(TagKey, TagPart, Ending),
    Feed,
    Left(Arc<[Vec<u8>]>),
}

impl Subject {
    fn of(note: &Note) -> Self {
        match &note.scope {
            Scope::Key(key, ending) => Self::Key(key.place.fingerprint, key.digest, *ending),
            Scope::Cache(name, ending) => {
                let name = Arc::clone(name);
                Self::Cache { name, ending: *ending, merged: note.merged }
            }
            Scope::Tag(tag, part, ending) => Self::Tag(tag.clone(), *part, *ending),
            Scope::Feed => Self::Feed,
            Scope::Left(_, keys) => Self::Left(Arc::clone(keys)),
        }
    }
}

/// Notes by their ids.
#[derive(Default)]
pub(super) struct Queue {
    notes: BTreeMap<ReplayId, Note>,
    ids: HashMap<Subject, ReplayId>,
}

impl Queue {
    /// Adds a note, in place of an older one about the same subject.
    pub(super) fn push(&mut self, id: ReplayId, note: Note) {
        if let Some(older) = self.ids.insert(Subject::of(&note), id) {
            self.notes.remove(&older);
        }
        self.notes.insert(id, note);
    }

    pub(super) fn get(&self, id: ReplayId) -> Option<&Note> {
        self.notes.get(&id)
    }

    pub(super) fn remove(&mut self, id: ReplayId) -> Option<Note> {
        let note = self.notes.remove(&id)?;
        self.ids.remove(&Subject::of(&note));
        Some(note)
    }

    /// Removes and returns all notes that are `wanted`, oldest first.
    pub(super) fn take(&mut self, wanted: impl Fn(&Note) -> bool) -> Vec<Note> {
        let ids: Vec<ReplayId> =
            self.iter().filter(|(_, note)| wanted(note)).map(|(id, _)| id).collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// Drops the notes about keys of the cache called `name`, of which all will end in this way: an
    /// expiry leaves their invalidations.
    pub(super) fn drop_keys(&mut self, name: &str, ending: Ending) {
        let is_done = |of: Ending| ending == Ending::Invalid || of == Ending::Expired;
        let is_of = |note: &Note| match note.kin() {
            Some(Kin::KeysOf(of, its)) => of == name && is_done(its),
            _ => false,
        };
        self.take(is_of);
    }

    /// Drops these notes.
    pub(super) fn drop_kin(&mut self, kin: Kin) {
        self.take(|note| note.kin() == Some(kin));
    }

    /// Drops the oldest notes as long as they are `over`.
    pub(super) fn drop_while(&mut self, over: impl Fn(&Note) -> bool) {
        while let Some((&id, _)) = self.notes.first_key_value().filter(|(_, note)| over(note)) {
            self.remove(id);
        }
    }

    /// Returns the most notes that can become fewer, when there are more than `most` of any.
    pub(super) fn fullest_over(&self, most: usize) -> Option<Kin> {
        if self.len() <= most {
            return None;
        }
        let mut counts = HashMap::<_, usize>::new();
        for kin in self.notes.values().filter_map(Note::kin) {
            *counts.entry(kin).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(kin, _)| kin)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ReplayId, &Note)> {
        self.notes.iter().map(|(id, note)| (*id, note))
    }

    pub(super) fn len(&self) -> usize {
        debug_assert_eq!(self.notes.len(), self.ids.len(), "neither outgrows the other");
        self.notes.len()
    }
}
