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
//! let found = EqualityOf::<Vec<u8>>::EQ;
//! assert!(found.is_some_and(|equal| equal(&vec![1], &vec![1])));
//! assert!(EqualityOf::<Opaque>::EQ.is_none());
//! ```
//!
//! The type to name is that of the cached value: the return type, or the `Ok` of a return type that
//! is a `Result`. Inside a generic function nothing is found unless the function's own bounds say
//! `PartialEq`; then bytes are compared.

use std::marker::PhantomData;

use crate::returns::IsResult;

/// Returns whether two values are equal.
pub type Equality<V> = fn(&V, &V) -> bool;

/// The type `V`: `EqualityOf::<V>::EQ` finds the constant of its own, if `V` is `PartialEq`,
/// before that of [`NoEquality`].
#[derive(Debug)]
pub struct EqualityOf<V>(PhantomData<fn() -> V>);

impl<V: PartialEq> EqualityOf<V> {
    /// The type's equality.
    pub const EQ: Option<Equality<V>> = Some(V::eq);
}

/// Found for a type that is not known to be `PartialEq`.
pub trait NoEquality {
    /// The type.
    type Value;
    /// `None`.
    const EQ: Option<Equality<Self::Value>> = None;
}

impl<V> NoEquality for EqualityOf<V> {
    type Value = V;
}

/// The `Ok` of a `Result`. Short, as its constant is: it stands in every expansion.
pub type Oks<R> = EqualityOf<<R as IsResult>::Ok>;
