//! One key of a call site, together with the types of its value and its error.

use std::{convert::Infallible, future::Future};

use super::invalidate::Target;
use crate::{
    codec::equality::Equality,
    deciding::{Decide, OptionalValue},
    key::{Apart, KeyInPlace},
    made_of::MadeOfOverBudget,
    returns::{IsResult, Returns},
    site::Site,
    tag::{Named, OfValue, TagSite, Tags},
    value::{CacheValue, KeptAs, LocalValue, ValueOps},
};

/// One key of a call site. A call returns `R`, which stands for a value `V` or an error `E`.
pub struct Keyed<R, V, E, K = KeyInPlace> {
    pub(super) site: &'static Site,
    pub(super) returns: Returns<R, V, E>,
    pub(super) value: ValueOps<V>,
    pub(super) key: K,
}

/// A key of a call site that returns a `Result`.
pub type At<R> = Keyed<R, Value<R>, <R as IsResult>::Err>;

/// The part of a `Result` that is stored.
pub type Value<R> = <R as IsResult>::Ok;

/// A key of a call site that returns its value.
pub type Plain<R> = Keyed<R, R, Infallible>;

/// A key of a call site, and the tags that its entry gets when it is stored.
pub struct Tagged<R, V, E> {
    pub(super) keyed: Keyed<R, V, E>,
    pub(super) tags: Tags,
}

/// A tagged key of a call site that returns a `Result`.
pub type TaggedAt<R> = Tagged<R, Value<R>, <R as IsResult>::Err>;

/// A tagged key of a call site that returns its value.
pub type TaggedPlain<R> = Tagged<R, R, Infallible>;

impl<R, V, E> Keyed<R, V, E> {
    /// Adds the tags of the entry.
    pub fn tagged<const N: usize>(self, tags: [Named; N]) -> Tagged<R, V, E> {
        Tagged { keyed: self, tags: Tags::named(Box::new(tags)) }
    }
}

impl<R, V: 'static, E> Tagged<R, V, E> {
    /// Adds the tags over the result, of these declarations: `of` returns their values. A result for
    /// which it returns `None` has none.
    #[must_use]
    pub fn over_result<const N: usize>(
        self,
        declared: [&'static TagSite; N],
        of: fn(&V) -> Option<[Named; N]>,
    ) -> Self {
        let Self { keyed, tags } = self;
        Self { keyed, tags: tags.and_of_value(OfValue::new(declared, of)) }
    }
}

/// The marker in place of a parameter that does not form the key.
#[derive(Clone, Copy, Debug)]
pub struct Skipped;

/// Calls a function by the key that `at` makes in a place: `run` makes its future. `tagged` is the
/// key with the tags of its entry, where there are some. A hit is over before the function's future
/// and the state of a call exist, and what it needed is off the stack before the function runs.
#[doc(hidden)]
#[macro_export]
macro_rules! __call {
    ($at:expr => $run:expr) => {
        $crate::__hit!($at, missed => missed.call(move || $run).await)
    };
    ($at:expr, $tagged:expr => $run:expr) => {
        $crate::__hit!($at, missed => missed.tagged($tagged).call(move || $run).await)
    };
}

/// Looks into memory until it is the task's turn, and goes on with `call` where it has no value.
#[doc(hidden)]
#[macro_export]
macro_rules! __hit {
    ($at:expr, $missed:ident => $call:expr) => {
        loop {
            match $crate::__private::hit($at) {
                ::core::task::Poll::Ready(::core::ops::ControlFlow::Break(value)) => break value,
                ::core::task::Poll::Ready(::core::ops::ControlFlow::Continue($missed)) => {
                    break $call;
                }
                ::core::task::Poll::Pending => $crate::__private::Turn.await,
            }
        }
    };
}

/// Calls a function whose loads run in tasks of their own by the key that `at` makes in a place:
/// `run` returns a future that owns what it needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __call_detached {
    ($at:expr => $run:expr) => {
        $crate::__hit!($at, missed => missed.call_detached($run).await)
    };
    ($at:expr, $tagged:expr => $run:expr) => {
        $crate::__hit!($at, missed => missed.tagged($tagged).call_detached($run).await)
    };
}

/// Runs a function, and stores its value by one key: `run` makes its future.
#[doc(hidden)]
#[macro_export]
macro_rules! __refresh {
    ($keyed:expr => $run:expr) => {
        $keyed.refresh(move || $run).await
    };
}

/// Runs a function that is not async, and stores its value by one key: `run` runs it.
#[doc(hidden)]
#[macro_export]
macro_rules! __refresh_now {
    ($keyed:expr => $run:expr) => {
        $keyed.refresh_now(move || $run)
    };
}

/// Calls a function by one key, and describes its value: `run` makes its future.
#[doc(hidden)]
#[macro_export]
macro_rules! __served {
    ($keyed:expr => $run:expr) => {
        $keyed.served(move || $run).await
    };
}

/// Calls a function whose loads run in tasks of their own by one key, and describes its value:
/// `run` returns a future that owns what it needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __served_detached {
    ($keyed:expr => $run:expr) => {
        $keyed.served_detached($run).await
    };
}

/// Calls a function that is not async by one key, and describes its value: `run` runs it.
#[doc(hidden)]
#[macro_export]
macro_rules! __served_now {
    ($keyed:expr => $run:expr) => {
        $keyed.served_now(move || $run)
    };
}

/// Calls a function that is not async by the key that `at` makes in a place: `run` runs it.
#[doc(hidden)]
#[macro_export]
macro_rules! __call_now {
    ($at:expr => $run:expr) => {
        match $crate::__private::hit_now($at) {
            ::core::ops::ControlFlow::Break(value) => value,
            ::core::ops::ControlFlow::Continue(missed) => missed.call_now(move || $run),
        }
    };
    ($at:expr, $tagged:expr => $run:expr) => {
        match $crate::__private::hit_now($at) {
            ::core::ops::ControlFlow::Break(value) => value,
            ::core::ops::ControlFlow::Continue(missed) => {
                missed.tagged($tagged).call_now(move || $run)
            }
        }
    };
}

impl<R, V, E> Keyed<R, V, E, Apart> {
    /// Returns it with the key, which leaves its place.
    #[inline]
    pub(super) fn with(self, key: KeyInPlace) -> Keyed<R, V, E> {
        let Self { site, returns, value, key: Apart } = self;
        Keyed { site, returns, value, key }
    }
}

impl<R, V, E> Keyed<R, V, E> {
    /// Moves the key to `place`.
    #[inline]
    pub fn apart(self, place: &mut KeyInPlace) -> Keyed<R, V, E, Apart> {
        let Self { site, returns, value, key } = self;
        *place = key;
        Keyed { site, returns, value, key: Apart }
    }
}

impl<R, V, E, K> Keyed<R, V, E, K> {
    /// Gives the key the rules that decide over its values.
    #[inline]
    #[must_use]
    pub fn decide(self, decide: Decide<V>) -> Self {
        Self { value: self.value.decide(decide), ..self }
    }

    /// Notes that values may be `None`.
    #[inline]
    #[must_use]
    pub fn optional(self) -> Self
    where
        V: OptionalValue,
    {
        Self { value: self.value.optional(), ..self }
    }
}

impl<R, V, E> Returns<R, V, E> {
    /// Takes a key, for a function whose values every tier can keep, with the equality of their
    /// type.
    #[inline]
    pub fn at<K>(
        self,
        site: &'static Site,
        equality: Option<Equality<V>>,
        key: K,
    ) -> Keyed<R, V, E, K>
    where
        V: CacheValue,
    {
        Keyed { site, returns: self, value: ValueOps::stored().equal(equality), key }
    }

    /// Takes a key, for a function whose values stay in memory.
    #[inline]
    pub fn local<K>(self, site: &'static Site, key: K) -> Keyed<R, V, E, K>
    where
        V: LocalValue,
    {
        Keyed { site, returns: self, value: ValueOps::local(), key }
    }

    /// Makes a key of a declared cache, for a function that loads its values.
    #[inline]
    pub fn declared<A: AtDeclared<R, V, E>>(self, at: A) -> InDeclared<R, V, E, A::Declared> {
        at.loaded_by(self)
    }
}

/// A key of a declared cache of `D`s that has a budget: a function that loads its values has an
/// error for the loads that the budget does not allow.
pub struct Budgeted<D>(pub(super) Plain<D>);

impl<D> Budgeted<D> {
    /// Stores `value`, as [`Keyed::put`] does.
    pub fn put(self, value: D) -> impl Future<Output = ()> {
        self.0.put(value)
    }

    /// Stores `value`, as [`Keyed::put_now`] does.
    pub fn put_now(self, value: D) {
        self.0.put_now(value);
    }

    /// Returns the key without the types, to be invalidated.
    pub fn target(self) -> Target {
        self.0.target()
    }
}

/// A key of a declared cache, for a function that returns `R`.
pub trait AtDeclared<R, V, E> {
    /// The values of the cache.
    type Declared;
    /// Makes a key of it for a function that loads its values.
    fn loaded_by(self, returns: Returns<R, V, E>) -> InDeclared<R, V, E, Self::Declared>;
}

impl<R, V, E, D> AtDeclared<R, V, E> for Plain<D> {
    type Declared = D;

    #[inline]
    fn loaded_by(self, returns: Returns<R, V, E>) -> InDeclared<R, V, E, D> {
        InDeclared { returns, at: self }
    }
}

impl<R, V, E: MadeOfOverBudget, D> AtDeclared<R, V, E> for Budgeted<D> {
    type Declared = D;

    #[inline]
    fn loaded_by(self, returns: Returns<R, V, E>) -> InDeclared<R, V, E, D> {
        InDeclared { returns: returns.refusing_loads(), at: self.0 }
    }
}

/// A key of a declared cache of `D`s, before it is known that a function's `V` is a `D`.
pub struct InDeclared<R, V, E, D> {
    returns: Returns<R, V, E>,
    at: Plain<D>,
}

impl<R, V, E, D> InDeclared<R, V, E, D> {
    /// Returns the key, if `V` is a `D`.
    #[inline]
    pub fn kept(self) -> Keyed<R, V, E>
    where
        V: KeptAs<D>,
    {
        let Keyed { site, value, key, .. } = self.at;
        Keyed { site, returns: self.returns, value: V::kept(value), key }
    }
}
