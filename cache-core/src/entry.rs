//! What a tier holds for a key: a value with its timeline.

use std::{
    any::Any,
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use crate::{
    clock::{Moment, nanos},
    generations::Group,
    key::StoredKey,
    last_rites,
    timeline::{Age, Timeline},
};

/// A stored value, shared and typed; its type is known to the call site only, so that tiers and flights are compiled once
/// for all types.
#[derive(Clone)]
pub struct Entry(Option<Dead>);

/// What is left of an entry when it is dropped: see [`last_rites`].
pub(crate) type Dead = Arc<Stored<dyn Any + Send + Sync>>;

/// An entry that may be gone.
pub(crate) struct WeakEntry(Weak<Stored<dyn Any + Send + Sync>>);

/// One allocation for a value and all that is known of it.
pub(crate) struct Stored<V: ?Sized> {
    key: StoredKey,
    facts: Facts,
    /// An `Option`, so that the last holder can take the value out.
    value: V,
}

/// What is known of a value besides itself.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// Until when it may be used.
    pub timeline: Timeline,
    /// The generation before the value's load began: a cleared cache has another one.
    pub generation: u64,
    /// The keys with which it shares its generation.
    pub(crate) group: Group,
    /// How long the load took that made the value: what a hit saves. Zero for a value that was put.
    pub load_time: Duration,
}

impl Entry {
    /// An entry that holds `value` for `key`.
    pub fn new<V: Any + Send + Sync>(key: StoredKey, value: V, facts: Facts) -> Self {
        Self(Some(Arc::new(Stored { key, facts, value: Some(value) })))
    }

    /// Whose value it is.
    #[inline]
    pub fn key(&self) -> &StoredKey {
        &self.stored().key
    }

    /// The value, if it is a `V`.
    #[inline]
    pub fn value<V: Any>(&self) -> Option<&V> {
        let value: &dyn Any = &self.stored().value;
        value.downcast_ref::<Option<V>>()?.as_ref()
    }

    /// The value itself, if it is a `V` that nobody shares; else a clone.
    pub(crate) fn into_value<V: Any + Clone>(mut self) -> Option<V> {
        if let Some(stored) = self.0.as_mut().and_then(Arc::get_mut) {
            let value: &mut dyn Any = &mut stored.value;
            return value.downcast_mut::<Option<V>>()?.take();
        }
        self.value().cloned()
    }

    /// The bytes of the value itself, without what it points to.
    pub(crate) fn inline_size(&self) -> usize {
        size_of_val(&self.stored().value)
    }

    #[inline]
    fn stored(&self) -> &Dead {
        self.0.as_ref().expect("only drop takes it")
    }

    /// Whether both are one entry, and not only equal.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.stored(), other.stored())
    }

    /// The same entry, without keeping it.
    pub(crate) fn downgrade(&self) -> WeakEntry {
        WeakEntry(Arc::downgrade(self.stored()))
    }

    #[inline]
    pub(crate) fn age(&self, now: Moment) -> Age {
        self.stored().facts.timeline.age(now)
    }

    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.stored().facts.generation
    }

    #[inline]
    pub(crate) fn group(&self) -> Group {
        self.stored().facts.group
    }

    pub(crate) fn load_time(&self) -> Duration {
        self.stored().facts.load_time
    }

    /// The same entry with another timeline, while nobody shares it.
    pub(crate) fn with_timeline(mut self, timeline: Timeline) -> Self {
        if let Some(stored) = self.0.as_mut().and_then(Arc::get_mut) {
            stored.facts.timeline = timeline;
        }
        self
    }

    #[inline]
    pub(crate) fn load_nanos(&self) -> u64 {
        nanos(self.stored().facts.load_time)
    }
}

impl Drop for Entry {
    #[inline]
    fn drop(&mut self) {
        if let Some(stored) = self.0.take() {
            last_rites::bury(stored);
        }
    }
}

impl WeakEntry {
    /// The entry, if somebody still holds it.
    #[inline]
    pub(crate) fn upgrade(&self) -> Option<Entry> {
        self.0.upgrade().map(|stored| Entry(Some(stored)))
    }
}

/// Never the value: it may be private.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("facts", &self.stored().facts).finish_non_exhaustive()
    }
}
