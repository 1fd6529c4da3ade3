//! The equality of a value's type, where it has one.
//!
//! It is found by method resolution, so only where the type is known: in the expansion of an
//! attribute.
//!
//! ```
//! use cachery_core::codec::equality::{EqualityOf, HasEquality as _, NoEquality as _};
//!
//! struct Opaque;
//!
//! let found = (&EqualityOf::<Vec<u8>>::new()).equality();
//! assert!(found.is_some_and(|equal| equal(&vec![1], &vec![1])));
//! assert!((&EqualityOf::<Opaque>::new()).equality().is_none());
//! ```
//!
//! The type to name is that of the cached value: the return type, or the `Ok` of a return type that
//! is a `Result`. Inside a generic function nothing is found unless the function's own bounds say
//! `PartialEq`; then bytes are compared.

use std::marker::PhantomData;

/// Returns whether two values are equal.
pub type Equality<V> = fn(&V, &V) -> bool;

/// The type `V`, of which `(&EqualityOf::<V>::new()).equality()` finds [`HasEquality`] before
/// [`NoEquality`].
pub struct EqualityOf<V>(PhantomData<fn() -> V>);

impl<V> EqualityOf<V> {
    /// Stands for `V`.
    #[expect(clippy::new_without_default, reason = "only an expansion makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// Found for a type that is `PartialEq`.
pub trait HasEquality {
    /// The type.
    type Value;
    /// Returns the type's equality.
    fn equality(&self) -> Option<Equality<Self::Value>>;
}

impl<V: PartialEq> HasEquality for EqualityOf<V> {
    type Value = V;

    fn equality(&self) -> Option<Equality<V>> {
        Some(V::eq)
    }
}

/// Found for any other type.
pub trait NoEquality {
    /// The type.
    type Value;
    /// Returns `None`.
    fn equality(&self) -> Option<Equality<Self::Value>>;
}

impl<V> NoEquality for &EqualityOf<V> {
    type Value = V;

    fn equality(&self) -> Option<Equality<V>> {
        None
    }
}
