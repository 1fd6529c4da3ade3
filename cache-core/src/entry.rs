//! An entry: a value with its key, its timeline and the state under which it was loaded.

mod head;
mod kept;
mod renewal;
mod settled;
mod stored;

pub use head::Facts;
pub(crate) use head::Head;
pub(crate) use renewal::Claim;
pub use stored::EngineNotes;

use std::{any::Any, fmt, sync::Arc, time::Duration};

use self::{kept::Kept, renewal::Renewal, stored::Stored};
use crate::{clock::Moment, key::StoredKey, tag::TagSet, timeline::Age};

/// The bytes that an entry takes beside its key and its value: its own allocation, and its places
/// in the table and in a queue of the engine `s3-fifo`, as `make bench` measures them.
pub const OVERHEAD: usize = 240;

/// The bit of the generation that an entry with tags has, and no generation of a cache. So a reader
/// who compares generations finds it out, and one without tags costs nothing more.
const HAS_TAGS: u64 = 1 << 63;

/// A stored value, shared and typed. Only the call site knows the type, so that tiers and flights
/// are compiled once for all types.
#[derive(Clone)]
pub struct Entry(Arc<Stored<dyn Any + Send + Sync>>);

impl Entry {
    /// Creates an entry that holds `value` for `key`.
    pub fn new<V: Any + Send + Sync>(key: StoredKey, value: V, facts: Facts) -> Self {
        let notes = EngineNotes::default();
        let renewal = Renewal::default();
        let head = Head::new(facts);
        let value = Kept::new(value);
        let tags = None;
        Self(Arc::new(Stored { key, head, bytes: 0, tags, renewal, notes, value }))
    }

    /// Notes the tags of the entry. One that is shared already stays as it is.
    #[must_use]
    pub(crate) fn tagged(mut self, tags: Option<Arc<TagSet>>) -> Self {
        if let (Some(tags), Some(stored)) = (tags, Arc::get_mut(&mut self.0)) {
            stored.head.facts.generation |= HAS_TAGS;
            stored.tags = Some(tags);
        }
        self
    }

    /// Notes the bytes that the entry takes: those of its key, those of its value, which `weigh`
    /// returns, and [`OVERHEAD`]. An entry that is shared already stays as it is.
    #[must_use]
    pub fn weighed(mut self, weigh: impl FnOnce(&Self) -> usize) -> Self {
        let parts = [weigh(&self), self.key().as_bytes().len(), OVERHEAD];
        let bytes = parts.into_iter().fold(0, usize::saturating_add);
        if let Some(stored) = Arc::get_mut(&mut self.0) {
            stored.bytes = bytes as u64;
        }
        self
    }

    /// Returns the key.
    #[inline]
    pub fn key(&self) -> &StoredKey {
        &self.0.key
    }

    /// Returns the bytes that the entry takes. Zero for one that was not weighed.
    #[inline]
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// Returns the notes of the engine that holds this entry.
    #[inline]
    pub fn notes(&self) -> &EngineNotes {
        &self.0.notes
    }

    /// Returns the part that each hit reads.
    #[inline]
    pub(crate) fn head(&self) -> &Head {
        &self.0.head
    }

    /// Returns the value, if it is a `V`.
    #[inline]
    pub fn value<V: Any>(&self) -> Option<&V> {
        let value: &dyn Any = &self.0.value;
        value.downcast_ref::<Kept<V>>()?.get()
    }

    /// Takes the value out, if it is a `V` that nobody shares; else clones it.
    pub(crate) fn into_value<V: Any + Clone>(mut self) -> Option<V> {
        if let Some(stored) = Arc::get_mut(&mut self.0) {
            let value: &mut dyn Any = &mut stored.value;
            return value.downcast_mut::<Kept<V>>()?.take();
        }
        self.value().cloned()
    }

    /// Tells whether both are the same entry, not only equal.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns the use that the entry has at `now`.
    pub(crate) fn age(&self, now: Moment) -> Age {
        match self.head().facts.timeline.age(now) {
            Age::Fresh | Age::Stale if self.is_expired() => Age::UsableOnError,
            age => age,
        }
    }

    /// Tells whether the entry serves a call at `now` without a load: it is fresh or stale.
    pub(crate) fn serves_at_once(&self, now: Moment) -> bool {
        matches!(self.age(now), Age::Fresh | Age::Stale)
    }

    /// Returns the moment from which the entry serves nothing.
    pub(crate) fn end(&self) -> Moment {
        self.head().facts.timeline.end()
    }

    /// Returns the time from the write of the value to `now`.
    pub(crate) fn time_since_written(&self, now: Moment) -> Duration {
        self.head().facts.timeline.time_since_written(now)
    }

    /// Returns the moment from which the entry is no longer fresh.
    pub(crate) fn fresh_until(&self) -> Moment {
        self.head().facts.timeline.fresh_until()
    }

    /// Returns the generation of the cache from before the load.
    pub(crate) fn cache_generation(&self) -> u64 {
        self.head().facts.generation & !HAS_TAGS
    }

    /// Tells whether no tag of the entry was invalidated or has expired since its load began.
    pub(crate) fn tags_stand(&self) -> bool {
        self.0.tags.as_ref().is_none_or(|tags| tags.stands())
    }

    /// Tells whether no tag of the entry was invalidated since its load began.
    pub(crate) fn tags_are_valid(&self) -> bool {
        self.0.tags.as_ref().is_none_or(|tags| tags.is_valid())
    }
}

/// Never shows the value: it may be private.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("facts", &self.head().facts).finish_non_exhaustive()
    }
}
