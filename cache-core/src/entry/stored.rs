//! The allocation behind an entry.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU64},
};

use super::{head::Head, renewal::Renewal};
use crate::{key::StoredKey, tag::TagSet};

/// One allocation for a value and its facts.
pub(super) struct Stored<V: ?Sized> {
    pub(super) key: StoredKey,
    pub(super) head: Head,
    /// The bytes of all of it. Zero when it was not weighed.
    pub(super) bytes: u64,
    /// The tags, as they were before the value's load began.
    pub(super) tags: Option<Arc<TagSet>>,
    pub(super) renewal: Renewal,
    pub(super) notes: EngineNotes,
    pub(super) value: V,
}

/// The notes of an engine on an entry. They lie where each hit looks in any case.
#[derive(Debug, Default)]
pub struct EngineNotes {
    /// A mark that hits set.
    pub mark: AtomicU8,
    /// The position of the entry in the engine.
    pub position: AtomicU64,
}
