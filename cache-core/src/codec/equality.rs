//! The equality of a value's type, where it has one.
//!
//! It is found by name resolution, so only where the type is known: in the expansion of an
//! attribute. A constant, because a declared cache is a static.
//!
//! ```
//! use cachery_core::codec::equality::{EqualityOf, NoEquality as _};
//!
//! struct Opaque;
//!
//! let found = EqualityOf::<Vec<u8>>::EQUALITY;
//! assert!(found.is_some_and(|equal| equal(&vec![1], &vec![1])));
//! assert!(EqualityOf::<Opaque>::EQUALITY.is_none());
//! ```
//!
//! The type to name is that of the cached value: the return type, or the `Ok` of a return type that
//! is a `Result`. Inside a generic function nothing is found unless the function's own bounds say
//! `PartialEq`; then bytes are compared.

use std::marker::PhantomData;

/// Returns whether two values are equal.
pub type Equality<V> = fn(&V, &V) -> bool;

/// The type `V`: `EqualityOf::<V>::EQUALITY` finds the constant of its own, if `V` is `PartialEq`,
/// before that of [`NoEquality`].
#[derive(Debug)]
pub struct EqualityOf<V>(PhantomData<fn() -> V>);

impl<V: PartialEq> EqualityOf<V> {
    /// The type's equality.
    pub const EQUALITY: Option<Equality<V>> = Some(V::eq);
}

/// Found for a type that is not known to be `PartialEq`.
pub trait NoEquality {
    /// The type.
    type Value;
    /// `None`.
    const EQUALITY: Option<Equality<Self::Value>> = None;
}

impl<V> NoEquality for EqualityOf<V> {
    type Value = V;
}
