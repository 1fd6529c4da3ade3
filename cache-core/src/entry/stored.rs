//! The allocation behind an entry.

use std::{any::Any, sync::Arc, time::Duration};

use crate::{generations::Group, key::StoredKey, timeline::Timeline};

/// An allocation that entries share.
pub(super) type SharedEntry = Arc<Stored<dyn Any + Send + Sync>>;

/// One allocation for a value and its facts.
pub(super) struct Stored<V: ?Sized> {
    pub(super) key: StoredKey,
    pub(super) facts: Facts,
    /// An `Option`, so that the last holder can take the value out.
    pub(super) value: V,
}

/// The facts about a value that a tier keeps beside it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// The moments until which it may be used.
    pub timeline: Timeline,
    /// The generation before the value's load began: a cleared cache has another one.
    pub generation: u64,
    /// The group of keys with which it shares its generation.
    pub(crate) group: Group,
    /// The duration of the load that made the value, which a hit saves. Zero for a value that was
    /// put.
    pub load_time: Duration,
}
