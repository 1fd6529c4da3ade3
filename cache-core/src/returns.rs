//! The return type of a cached function, taken apart: the value to store, and the error not to.
//!
//! The attribute decides by the name of the return type whether it is a `Result`; the compiler
//! confirms it here. Whether the error can be shared (`Clone`) is found by method resolution on a
//! [`Tag`], which also works inside generic functions.

use std::{any::Any, convert::Infallible, marker::PhantomData, sync::Arc};

use crate::{
    key::TypeName,
    made_of::{MadeOfOverBudget, MadeOfTimeout},
    money,
    over_budget::OverBudget,
    timeout::Timeout,
};

/// A `Result`, whatever it is called. Sealed: it is implemented for `Result` only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result`",
    label = "its name ends in `Result`, so it is taken for one",
    note = "return it under another name: `type Output = {Self};` and `-> Output`"
)]
pub trait IsResult: sealed::Sealed {
    /// The value, which is stored.
    type Ok;
    /// The error, which is not.
    type Err;
    /// Returns the value, if there is one.
    fn as_value(&self) -> Option<&Self::Ok>;
}

impl<T, E> IsResult for Result<T, E> {
    type Ok = T;
    type Err = E;

    fn as_value(&self) -> Option<&T> {
        self.as_ref().ok()
    }
}

mod sealed {
    pub trait Sealed {}
    impl<T, E> Sealed for Result<T, E> {}
}

/// A type that is not a `Result`. Never implemented: it exists for its message.
#[diagnostic::on_unimplemented(
    message = "this return type is a `Result`, and its name does not show it",
    label = "a `Result` whose name does not end in `Result`",
    note = "only the `Ok` of a `Result` is cached, and the attribute recognizes a `Result` by its name: write `Result<..>`, or let the alias end in `Result`, as in `OrderResult`"
)]
pub trait NotAResult {}

/// An error as the followers of a flight share it.
pub(crate) type AnyError = Arc<dyn Any + Send + Sync>;

/// The cause for which a load has no outcome of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unfinished {
    /// It took too long.
    TimedOut(Timeout),
    /// It did not begin.
    Refused(OverBudget),
}

/// The functions that take a return type `R` apart into a value `V` and an error `E`.
pub struct Returns<R, V, E> {
    pub(crate) split: fn(R) -> Result<V, E>,
    pub(crate) join: fn(Result<V, E>) -> R,
    /// Makes the error for the followers; `None` where it cannot be shared.
    pub(crate) share: fn(&E) -> Option<AnyError>,
    /// Makes a follower's own copy.
    pub(crate) unshare: fn(&AnyError) -> Option<E>,
    /// Makes the error of a load without an outcome. One function for all causes, because each hit
    /// carries it along.
    unfinished: Option<fn(Unfinished) -> Option<E>>,
    /// Returns the cost in units of a load that failed; `None` where such a load costs nothing.
    failed_cost: Option<fn(&E) -> f64>,
}

impl<R, V, E> Returns<R, V, E> {
    /// Lets a load end that takes too long.
    #[must_use]
    pub fn ending_loads(self) -> Self
    where
        E: MadeOfTimeout,
    {
        let made = |cause| match cause {
            Unfinished::TimedOut(timeout) => Some(E::made_of(timeout)),
            Unfinished::Refused(_) => None,
        };
        Self { unfinished: Some(made), ..self }
    }

    /// Lets a load be refused.
    #[must_use]
    pub fn refusing_loads(self) -> Self
    where
        E: MadeOfOverBudget,
    {
        let made = |cause| match cause {
            Unfinished::TimedOut(_) => None,
            Unfinished::Refused(spent) => Some(E::made_of(spent)),
        };
        Self { unfinished: Some(made), ..self }
    }

    /// Lets a load end that takes too long, and be refused.
    #[must_use]
    pub fn ending_and_refusing_loads(self) -> Self
    where
        E: MadeOfTimeout + MadeOfOverBudget,
    {
        let made = |cause| match cause {
            Unfinished::TimedOut(timeout) => Some(MadeOfTimeout::made_of(timeout)),
            Unfinished::Refused(spent) => Some(MadeOfOverBudget::made_of(spent)),
        };
        Self { unfinished: Some(made), ..self }
    }
}

impl<R, V, E> Clone for Returns<R, V, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, V, E> Copy for Returns<R, V, E> {}

impl<R, V, E> Returns<R, V, E> {
    /// Makes loads that fail cost what `failed_cost` returns, in units.
    #[inline]
    #[must_use]
    pub fn failed_cost(self, failed_cost: fn(&E) -> f64) -> Self {
        Self { failed_cost: Some(failed_cost), ..self }
    }

    /// Makes the error of a load without an outcome; `None` where it is not known how.
    pub(crate) fn made_of(&self, cause: Unfinished) -> Option<E> {
        self.unfinished.and_then(|made| made(cause))
    }

    /// Returns the cost in nano-units of a load that failed with `error`; `None` for one that is
    /// negative or not a number.
    pub(crate) fn cost_of(&self, error: &E) -> Option<u64> {
        self.failed_cost.map_or(Some(0), |cost| money::nanos(cost(error)))
    }
}

impl<T> Returns<T, T, Infallible> {
    /// Returns the parts of a type that is not a `Result`.
    pub(crate) fn plain() -> Self {
        Self {
            split: Ok,
            join: |Ok(value)| value,
            share: |never| match *never {},
            unshare: |_| None,
            unfinished: None,
            failed_cost: None,
        }
    }
}

impl<T, E> Parts<T, E> {
    /// Returns the parts of a `Result` whose error is each caller's own.
    pub(crate) fn own() -> Self {
        Self {
            split: |result| result,
            join: |result| result,
            share: |_| None,
            unshare: |_| None,
            unfinished: None,
            failed_cost: None,
        }
    }
}

/// An error that other callers may share. It exists for its message.
#[diagnostic::on_unimplemented(
    message = "`share_err` cannot share a `{Self}` with other callers",
    label = "not `Send + Sync + 'static`",
    note = "callers of other threads share it: return an error that is `Send + Sync + 'static`"
)]
pub trait SharableError: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Send + Sync + 'static> SharableError for E {}

/// An error that memory can keep. It exists for its message.
#[diagnostic::on_unimplemented(
    message = "`err_ttl` cannot keep a `{Self}`",
    label = "not `Clone + Send + Sync + 'static`",
    note = "each caller gets a clone: derive `Clone`, or say `share_err = |error| ..`, which makes one for each"
)]
pub trait KeptError: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Clone + Send + Sync + 'static> KeptError for E {}

impl<R, V, E> Returns<R, V, E> {
    /// Shares errors by `share`, which calls [`made`].
    #[inline]
    #[must_use]
    pub fn share_err(self, share: fn(&E) -> Option<AnyError>) -> Self
    where
        E: SharableError,
    {
        let unshare = |error: &AnyError| error.downcast_ref::<Made<E>>().map(Made::again);
        Self { share, unshare, ..self }
    }

    /// Checks that memory can keep errors.
    #[inline]
    #[must_use]
    pub fn keep_err(self) -> Self
    where
        E: KeptError,
    {
        self
    }
}

/// An error that was made for others, and makes more of them.
struct Made<E> {
    error: E,
    make: fn(&E) -> E,
}

impl<E> Made<E> {
    fn again(&self) -> E {
        (self.make)(&self.error)
    }
}

/// Shares `error` by making another one for each who shares it.
pub fn made<E: SharableError>(error: &E, make: fn(&E) -> E) -> Option<AnyError> {
    Some(Arc::new(Made { error: make(error), make }))
}

/// The stand-in for the return type `R` of a cached function.
///
/// `(&Tag::<R>::new()).fallible()` finds [`SharedError`] before [`OwnError`], and for a type that
/// is not a `Result` the inherent method, which takes anything. `.plain()` finds the inherent
/// method, which refuses, before [`PlainReturn`].
pub struct Tag<R>(PhantomData<fn() -> R>);

impl<R> Tag<R> {
    /// Creates the tag of `R`.
    #[expect(clippy::new_without_default, reason = "only an expansion makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }

    /// Returns the name of a type that tells calls apart.
    #[inline]
    pub fn type_of<T: ?Sized>(&self) -> TypeName {
        TypeName::of::<T>()
    }

    /// Takes a type that is not a `Result`, so that it is refused once only, by
    /// [`At`](crate::read::At). It takes the tag by value, which comes last in the search for a
    /// method.
    pub fn fallible<T, E>(self) -> Returns<R, T, E> {
        unreachable!("for every `Result` a trait's method is found first")
    }
}

/// The parts of a `Result`.
type Parts<T, E> = Returns<Result<T, E>, T, E>;

/// Found where the error is `Clone + Send + Sync + 'static`: followers of a failed load get a
/// clone.
pub trait SharedError {
    /// The value.
    type Ok;
    /// The error.
    type Err;
    /// Returns the parts of the return type.
    fn fallible(&self) -> Parts<Self::Ok, Self::Err>;
}

impl<T, E: Clone + Send + Sync + 'static> SharedError for Tag<Result<T, E>> {
    type Ok = T;
    type Err = E;

    fn fallible(&self) -> Parts<T, E> {
        Returns {
            split: |result| result,
            join: |result| result,
            share: |error| Some(Arc::new(error.clone())),
            unshare: |error| error.downcast_ref::<E>().cloned(),
            unfinished: None,
            failed_cost: None,
        }
    }
}

/// Found for any other error: each caller has one of its own.
pub trait OwnError {
    /// The value.
    type Ok;
    /// The error.
    type Err;
    /// Returns the parts of the return type.
    fn fallible(&self) -> Parts<Self::Ok, Self::Err>;
}

impl<T, E> OwnError for &Tag<Result<T, E>> {
    type Ok = T;
    type Err = E;

    fn fallible(&self) -> Parts<T, E> {
        Returns::own()
    }
}

/// Found for a type that is not a `Result`: all of it is the value.
pub trait PlainReturn {
    /// The value.
    type Value;
    /// Returns the parts of the return type: nothing of it is an error.
    fn plain(&self) -> Returns<Self::Value, Self::Value, Infallible>;
}

impl<R> PlainReturn for Tag<R> {
    type Value = R;

    fn plain(&self) -> Returns<R, R, Infallible> {
        Returns::plain()
    }
}

impl<T, E> Tag<Result<T, E>> {
    /// Refuses a `Result` whose name does not show it.
    pub fn plain(&self) -> Returns<Result<T, E>, Result<T, E>, Infallible>
    where
        Result<T, E>: NotAResult,
    {
        unreachable!("nothing implements `NotAResult`")
    }
}
