//! What a tier holds for a key: a value with its timeline.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use crate::{
    clock::{Moment, nanos},
    timeline::{Age, Timeline},
};

/// A stored value, shared and typed; its type is known to the call site only, so that tiers and flights are compiled once
/// for all types.
#[derive(Clone)]
pub struct Entry(Arc<Stored<dyn Any + Send + Sync>>);

/// One allocation for a value and all that is known of it.
struct Stored<V: ?Sized> {
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
    /// An entry that holds `value`.
    pub fn new<V: Any + Send + Sync>(value: V, facts: Facts) -> Self {
        Self(Arc::new(Stored { facts, value }))
    }

    /// The value, if it is a `V`.
    #[inline]
    pub fn value<V: Any>(&self) -> Option<&V> {
        let value: &dyn Any = &self.0.value;
        value.downcast_ref()
    }

    /// How long after `now` the entry is still good for anything; `None`: for ever.
    pub fn remaining(&self, now: Moment) -> Option<Duration> {
        self.0.facts.timeline.remaining(now)
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

/// Never the value: it may be private.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("facts", &self.0.facts).finish_non_exhaustive()
    }
}
