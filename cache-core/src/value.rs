//! The bounds of a cached value, and the core's operations on a value whose type it does not know.

use std::any::Any;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    codec::{Codec, Undecodable, Unstorable, equality::Equality},
    deciding::{Decide, Decision, Judgement, OptionalValue},
    entry::{Entry, Facts},
    key::StoredKey,
    tag::OfValue,
};

/// A value that a cache can keep in memory: what `local` asks for. Implemented for every such type.
///
/// ```
/// use cachery::value::LocalValue;
///
/// fn in_memory_only<V: LocalValue>(value: V) -> V {
///     value
/// }
///
/// in_memory_only(std::sync::Arc::new(std::sync::Mutex::new(7)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "this value cannot be kept",
    note = "a cached value is `Clone + Send + Sync + 'static`: derive `Clone`, or return `Arc<{Self}>`"
)]
pub trait LocalValue: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<V: Clone + Send + Sync + 'static> LocalValue for V {}

/// A value that every tier can keep: it can also be written as bytes. Implemented for every such
/// type.
///
/// Asked for with or without a remote tier, so that moving a cache to Redis is a matter of
/// configuration only.
///
/// ```
/// use cachery::value::CacheValue;
///
/// fn anywhere<V: CacheValue>(value: V) -> V {
///     value
/// }
///
/// assert_eq!(anywhere(vec![1, 2]), [1, 2]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "this value cannot be stored",
    note = "a cached value is `Clone + Send + Sync + 'static` and can be written as bytes: `#[derive(Clone, serde::Serialize, serde::Deserialize)]`",
    note = "or write `#[cached(.., local)]` to keep it in memory only, which asks for no serde"
)]
pub trait CacheValue: LocalValue + Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<V: LocalValue + Serialize + DeserializeOwned> CacheValue for V {}

/// A value of a declared cache of `D`s: a `D` and nothing else. It exists for its message.
#[diagnostic::on_unimplemented(
    message = "this cache keeps `{D}`, and the function returns `{Self}`",
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

/// The core's operations on a `V`, as plain functions: made where the bounds are known, used where
/// they are not. Each call writes them, so those that a hit has no use for are one function.
pub struct ValueOps<V> {
    /// Clones the value in the entry; `None` when the entry holds another type.
    pub(crate) open: fn(&Entry) -> Option<V>,
    /// Returns the operations of a call that misses.
    others: fn() -> Others<V>,
    /// The equality of the type; `None` where it has none that is known.
    equality: Option<Equality<V>>,
    /// Decides over a value; `None` where no rule does.
    decide: Option<Decide<V>>,
}

/// The operations of a call that misses.
struct Others<V> {
    fits: fn(&Entry) -> bool,
    take: fn(Entry) -> Option<V>,
    wrap: fn(StoredKey, &V, Facts) -> Entry,
    /// Hides the type.
    erase: fn(&V) -> &dyn Any,
    /// `None` for values that stay in memory.
    encode: Option<Encode<V>>,
    /// `None` for values that stay in memory.
    decode: Option<Decode>,
}

/// Writes a value as bytes, at most so many, which are proved to give it back.
type Encode<V> = fn(&V, Codec, Option<Equality<V>>, u64) -> Result<Vec<u8>, Unstorable>;

/// Makes an entry of encoded bytes. It knows no types.
pub(crate) type Decode = fn(StoredKey, Codec, &[u8], Facts) -> Result<Entry, Undecodable>;

impl<V> ValueOps<V> {
    /// Returns the operations with the equality of the type, by which a value is compared with what
    /// its bytes give back.
    pub(crate) const fn equal(self, equality: Option<Equality<V>>) -> Self {
        Self { equality, ..self }
    }

    /// Returns the operations with the rules that decide over a value.
    pub(crate) const fn decide(self, decide: Decide<V>) -> Self {
        Self { decide: Some(decide), ..self }
    }

    /// Returns the operations on values that may be `None`, and have no other rule.
    pub(crate) const fn optional(self) -> Self
    where
        V: OptionalValue,
    {
        self.decide(|value, decision| decision.optional(value))
    }

    /// Returns the decision over `value`, and the tags that it says itself: by the user's code where
    /// there is some.
    pub(crate) fn judge(&self, value: &V, of_value: Option<&OfValue>) -> Judgement {
        let decision =
            self.decide.map_or(Decision::STORED, |decide| decide(value, Decision::STORED));
        let named = |of_value: &OfValue| of_value.named(((self.others)().erase)(value));
        Judgement { decision, tags: of_value.map_or_else(Vec::new, named) }
    }

    /// Returns `value` as bytes, at most `size` of them, which are proved to give it back.
    pub(crate) fn encode(&self, value: &V, codec: Codec, size: u64) -> Result<Vec<u8>, Unstorable> {
        let encode = (self.others)().encode.ok_or(Unstorable::NotSerializable)?;
        encode(value, codec, self.equality, size)
    }

    /// Returns the check whether an entry holds such a value.
    pub(crate) fn fits(&self) -> fn(&Entry) -> bool {
        (self.others)().fits
    }

    /// Takes the value in the entry, cloned only when others share it; `None` when the entry holds
    /// another type.
    pub(crate) fn take(&self, entry: Entry) -> Option<V> {
        ((self.others)().take)(entry)
    }

    /// Makes an entry that holds a clone of the value.
    pub(crate) fn wrap(&self, key: StoredKey, value: &V, facts: Facts) -> Entry {
        ((self.others)().wrap)(key, value, facts)
    }

    /// Returns the function that makes an entry of encoded bytes; `None` for values that stay in
    /// memory.
    pub(crate) fn decode(&self) -> Option<Decode> {
        (self.others)().decode
    }
}

impl<V: CacheValue> ValueOps<V> {
    /// Returns the operations on values that every tier can keep.
    pub(crate) const fn stored() -> Self {
        // Without a remote tier no value travels, and no code for it is compiled.
        #[cfg(not(feature = "remote"))]
        return Self::local();
        #[cfg(feature = "remote")]
        Self { others: Others::stored, ..Self::local() }
    }
}

impl<V: LocalValue> ValueOps<V> {
    /// Returns the operations on values that stay in memory.
    pub(crate) const fn local() -> Self {
        Self {
            open: |entry| entry.value::<V>().cloned(),
            others: Others::local,
            equality: None,
            decide: None,
        }
    }
}

impl<V: LocalValue> Others<V> {
    fn local() -> Self {
        Self {
            fits: |entry| entry.value::<V>().is_some(),
            take: Entry::into_value,
            wrap: |key, value, facts| Entry::new(key, value.clone(), facts),
            erase: |value| value,
            encode: None,
            decode: None,
        }
    }

    #[cfg(feature = "remote")]
    fn stored() -> Self
    where
        V: CacheValue,
    {
        Self {
            encode: Some(|value, codec, equality, size| codec.encode(value, equality, size)),
            decode: Some(|key, codec, bytes, facts| {
                Ok(Entry::new(key, codec.decode::<V>(bytes)?, facts))
            }),
            ..Self::local()
        }
    }
}

impl<V> Clone for ValueOps<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for ValueOps<V> {}
