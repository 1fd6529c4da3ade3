//! What a value must be able to do, and the core's view of a value whose type it does not know.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    codec::{Codec, CodecError},
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

/// What a declared cache of `D`s keeps: a `D` and nothing else. It exists for its message.
#[diagnostic::on_unimplemented(
    message = "this cache keeps `{D}`, and the function answers with `{Self}`",
    label = "not what the cache keeps",
    note = "return `{D}`, or a `Result` of it; or declare another cache for `{Self}`"
)]
pub trait KeptAs<D>: sealed::Sealed<D> + Sized {
    #[doc(hidden)]
    fn kept(value: ValueOps<D>) -> ValueOps<Self>;
}

#[diagnostic::do_not_recommend]
impl<V> KeptAs<V> for V {
    fn kept(value: ValueOps<V>) -> ValueOps<V> {
        value
    }
}

mod sealed {
    pub trait Sealed<D> {}
    impl<V> Sealed<V> for V {}
}

/// What the core does with a `V`, as plain functions: made where the bounds are known, used where they are not.
pub struct ValueOps<V> {
    /// Whether the entry holds such a value.
    pub(crate) fits: fn(&Entry) -> bool,
    /// A clone of the value in the entry; `None` when the entry holds another type.
    pub(crate) open: fn(&Entry) -> Option<V>,
    /// The value in the entry, cloned only when others share it; `None` when the entry holds another type.
    pub(crate) take: fn(Entry) -> Option<V>,
    /// An entry that holds a clone of the value.
    pub(crate) wrap: fn(StoredKey, &V, Facts) -> Entry,
    /// How values travel; `None` for values that stay in memory.
    pub(crate) bytes: Option<ByteOps>,
}

/// How the value in an entry becomes bytes and comes back. Knows no types.
#[derive(Clone, Copy)]
pub(crate) struct ByteOps {
    pub(crate) write: fn(&Entry, Codec) -> Result<Vec<u8>, CodecError>,
    pub(crate) read: fn(StoredKey, Codec, &[u8], Facts) -> Result<Entry, CodecError>,
    /// Whether the entry holds such a value.
    pub(crate) fits: fn(&Entry) -> bool,
}

#[cfg(feature = "remote")]
impl ByteOps {
    const fn of<V: CacheValue>() -> Self {
        Self {
            write: |entry, codec| codec.write(entry.value::<V>().ok_or(CodecError)?),
            read: |key, codec, bytes, facts| Ok(Entry::new(key, codec.read::<V>(bytes)?, facts)),
            fits: |entry| entry.value::<V>().is_some(),
        }
    }
}

impl<V: CacheValue> ValueOps<V> {
    /// Of values that every tier can keep.
    pub(crate) const fn stored() -> Self {
        #[cfg(feature = "remote")]
        let bytes = Some(ByteOps::of::<V>());
        // Without a remote tier no value travels, and no code for it is compiled.
        #[cfg(not(feature = "remote"))]
        let bytes = None;
        Self { bytes, ..Self::local() }
    }
}

impl<V: LocalValue> ValueOps<V> {
    /// Of values that stay in memory.
    pub(crate) const fn local() -> Self {
        Self {
            fits: |entry| entry.value::<V>().is_some(),
            open: |entry| entry.value::<V>().cloned(),
            take: Entry::into_value,
            wrap: |key, value, facts| Entry::new(key, value.clone(), facts),
            bytes: None,
        }
    }
}

impl<V> Clone for ValueOps<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for ValueOps<V> {}
