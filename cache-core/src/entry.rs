//! What a tier holds for a key: a value with its timeline.

use std::{
    any::Any,
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use crate::{
    clock::{Moment, nanos},
    key::StoredKey,
    timeline::{Age, Timeline},
};

/// A stored value, shared and typed; its type is known to the call site only, so that tiers and flights are compiled once
/// for all types.
#[derive(Clone)]
pub struct Entry(Arc<Stored<dyn Any + Send + Sync>>);

/// An entry that may be gone.
#[derive(Clone)]
pub(crate) struct WeakEntry(Weak<Stored<dyn Any + Send + Sync>>);

/// One allocation for a value and all that is known of it.
struct Stored<V: ?Sized> {
    key: StoredKey,
    facts: Facts,
    value: V,
}

/// What is known of a value besides itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Until when it may be used.
    pub timeline: Timeline,
    /// The cache's generation before the value's load began: a cleared cache has another one.
    pub generation: u64,
    /// How long the load took that made the value: what a hit saves. Zero for a value that was put.
    pub load_time: Duration,
}

impl Entry {
    /// An entry that holds `value` for `key`.
    pub fn new<V: Any + Send + Sync>(key: StoredKey, value: V, facts: Facts) -> Self {
        Self(Arc::new(Stored { key, facts, value }))
    }

    /// Whose value it is.
    #[inline]
    pub fn key(&self) -> &StoredKey {
        &self.0.key
    }

    /// The value, if it is a `V`.
    #[inline]
    pub fn value<V: Any>(&self) -> Option<&V> {
        let value: &dyn Any = &self.0.value;
        value.downcast_ref()
    }

    /// The same entry, without keeping it.
    pub(crate) fn downgrade(&self) -> WeakEntry {
        WeakEntry(Arc::downgrade(&self.0))
    }

    #[inline]
    pub(crate) fn age(&self, now: Moment) -> Age {
        self.0.facts.timeline.age(now)
    }

    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.0.facts.generation
    }

    #[inline]
    pub(crate) fn load_nanos(&self) -> u64 {
        nanos(self.0.facts.load_time)
    }
}

impl WeakEntry {
    /// The entry, if somebody still holds it.
    #[inline]
    pub(crate) fn upgrade(&self) -> Option<Entry> {
        self.0.upgrade().map(Entry)
    }
}

/// Never the value: it may be private.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("facts", &self.0.facts).finish_non_exhaustive()
    }
}
