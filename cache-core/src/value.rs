//! What a value must be able to do, and the core's view of a value whose type it does not know.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    entry::{Entry, Facts},
    key::StoredKey,
};

/// A value that a cache can keep in memory: what `local` asks for. Implemented for every such type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "this answer cannot be kept",
    note = "a cached value is `Clone + Send + Sync + 'static`: derive `Clone`, or return `Arc<{Self}>`"
)]
pub trait LocalValue: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<V: Clone + Send + Sync + 'static> LocalValue for V {}

/// A value that every tier can keep: it can also be written as bytes. Implemented for every such type.
///
/// Asked for with or without a remote tier, so that moving a cache to Redis is a matter of configuration only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "this answer cannot be stored",
    note = "a cached value is `Clone + Send + Sync + 'static` and can be written as bytes: `#[derive(Clone, serde::Serialize, serde::Deserialize)]`",
    note = "or write `#[cached(.., local)]` to keep it in memory only, which asks for no serde"
)]
pub trait CacheValue: LocalValue + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<V: LocalValue + Serialize + DeserializeOwned> CacheValue for V {}

/// What the core does with a `V`, as plain functions: made where the bounds are known, used where they are not.
pub(crate) struct ValueOps<V> {
    /// Whether the entry holds such a value.
    pub(crate) fits: fn(&Entry) -> bool,
    /// A clone of the value in the entry; `None` when the entry holds another type.
    pub(crate) open: fn(&Entry) -> Option<V>,
    /// An entry that holds a clone of the value.
    pub(crate) wrap: fn(StoredKey, &V, Facts) -> Entry,
}

impl<V: LocalValue> ValueOps<V> {
    pub(crate) const fn new() -> Self {
        Self {
            fits: |entry| entry.value::<V>().is_some(),
            open: |entry| entry.value::<V>().cloned(),
            wrap: |key, value, facts| Entry::new(key, value.clone(), facts),
        }
    }
}

impl<V> Clone for ValueOps<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for ValueOps<V> {}
