//! `CacheKey` under several names, each with a message that fits the type that it is missing for.
//!
//! An attribute sees how a type is written, and asks for the one whose message says the most.

use super::{CacheKey, KeyEncoder};

/// A parameter that looks like a client or a pool.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this looks like a client or a pool, which does not tell one call from another",
    note = "leave it out of the key: `skip(..)` with the parameter's name",
    note = "or, if calls differ by it, name the part that tells them apart: `key(..)`"
)]
pub trait ClientPart: CacheKey {}

/// A parameter with a float in it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "equal results of a calculation seldom have equal bits",
    note = "round it to the precision that counts: `key((x * 100.0).round() as i64)`",
    note = "if 0.0 and -0.0, and all NaNs, may be different calls: `key(x.to_bits())`; for an `Option`: `key(x.map(f64::to_bits))`"
)]
pub trait FloatPart: CacheKey {}

/// A parameter with a map or a set without an order in it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "equal maps and sets of this type may have their items in different orders",
    note = "take a `BTreeMap` or a `BTreeSet`, or sort the items: `key(sorted(&x))`"
)]
pub trait UnorderedPart: CacheKey {}

/// A field of a type that derives `CacheKey`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this type has no key encoding",
    note = "for a field that does not tell one value from another: `#[cache_key(skip)]`",
    note = "for your own type: `#[derive(CacheKey)]`; else implement `CacheKey` by hand, and write what counts"
)]
pub trait KeyField: CacheKey {}

/// The key of a declared cache, or one part of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "this type has no key encoding",
    note = "for your own type: `#[derive(CacheKey)]`; else a newtype that implements `CacheKey`",
    note = "a float or a `HashMap` has none, because equal ones may be encoded differently"
)]
pub trait DeclaredKey: CacheKey {}

/// Implements requirements for everything that has `CacheKey`.
macro_rules! requirements {
    ($($name:ident),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: CacheKey + ?Sized> $name for T {}
    )*};
}

requirements!(ClientPart, FloatPart, UnorderedPart, KeyField, DeclaredKey);

/// Returns a part that looks like a client or a pool.
#[inline]
pub fn client<'part, T: ClientPart + ?Sized>(part: &'part &T) -> &'part dyn CacheKey {
    part
}

/// Returns a part with a float in it.
#[inline]
pub fn float<'part, T: FloatPart + ?Sized>(part: &'part &T) -> &'part dyn CacheKey {
    part
}

/// Returns a part with a map or a set without an order in it.
#[inline]
pub fn unordered<'part, T: UnorderedPart + ?Sized>(part: &'part &T) -> &'part dyn CacheKey {
    part
}

/// Returns the key of a declared cache.
#[inline]
pub fn declared_key<'part, T: DeclaredKey + ?Sized>(part: &'part &T) -> &'part dyn CacheKey {
    part
}

impl KeyEncoder {
    /// Appends a field of a type that derives `CacheKey`.
    #[doc(hidden)]
    #[inline]
    pub fn field<T: KeyField + ?Sized>(&mut self, value: &T) -> &mut Self {
        self.arg(value)
    }
}
