//! An entry: a value with its key, its timeline and the state under which it was loaded.

mod deferred_drop;
mod stored;

pub(crate) use deferred_drop::deferred;
pub use stored::Facts;

use std::{
    any::Any,
    fmt,
    sync::{Arc, Weak},
};

use self::stored::{SharedEntry, Stored};
use crate::{
    clock::{Moment, nanos},
    generations::Group,
    key::StoredKey,
    timeline::Age,
};

/// A stored value, shared and typed. Only the call site knows the type, so that tiers and flights
/// are compiled once for all types.
#[derive(Clone)]
pub struct Entry(Option<SharedEntry>);

/// A reference to an entry that does not keep it.
pub(crate) struct WeakEntry(Weak<Stored<dyn Any + Send + Sync>>);

impl Entry {
    /// Creates an entry that holds `value` for `key`.
    pub fn new<V: Any + Send + Sync>(key: StoredKey, value: V, facts: Facts) -> Self {
        Self(Some(Arc::new(Stored { key, facts, value: Some(value) })))
    }

    /// Returns the key.
    #[inline]
    pub fn key(&self) -> &StoredKey {
        &self.stored().key
    }

    /// Returns the value, if it is a `V`.
    #[inline]
    pub fn value<V: Any>(&self) -> Option<&V> {
        let value: &dyn Any = &self.stored().value;
        value.downcast_ref::<Option<V>>()?.as_ref()
    }

    /// Takes the value out, if it is a `V` that nobody shares; else clones it.
    pub(crate) fn into_value<V: Any + Clone>(mut self) -> Option<V> {
        if let Some(stored) = self.0.as_mut().and_then(Arc::get_mut) {
            let value: &mut dyn Any = &mut stored.value;
            return value.downcast_mut::<Option<V>>()?.take();
        }
        self.value().cloned()
    }

    /// Returns the size of the value in bytes, without the memory that it points to.
    pub(crate) fn inline_size(&self) -> usize {
        size_of_val(&self.stored().value)
    }

    #[inline]
    fn stored(&self) -> &SharedEntry {
        self.0.as_ref().expect("only drop takes it")
    }

    /// Tells whether both are the same entry, not only equal.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.stored(), other.stored())
    }

    /// Returns a reference that does not keep the entry.
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

    #[inline]
    pub(crate) fn load_nanos(&self) -> u64 {
        nanos(self.stored().facts.load_time)
    }
}

impl Drop for Entry {
    #[inline]
    fn drop(&mut self) {
        if let Some(stored) = self.0.take() {
            deferred_drop::defer(stored);
        }
    }
}

impl WeakEntry {
    /// Returns the entry, if somebody still holds it.
    #[inline]
    pub(crate) fn upgrade(&self) -> Option<Entry> {
        self.0.upgrade().map(|stored| Entry(Some(stored)))
    }
}

/// Never shows the value: it may be private.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("facts", &self.stored().facts).finish_non_exhaustive()
    }
}
