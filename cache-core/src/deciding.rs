//! Decisions over values: the time for which one is stored, or that it is not stored; and what its
//! load has cost.

use std::time::Duration;

use crate::{money, policy::Policy, tag::Named};

/// The decision over one value: it is stored, for the ttl of its cache, unless a rule says less.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    is_stored: bool,
    is_none: bool,
    /// The most that the value's own ttl allows.
    at_most: Option<Duration>,
    /// The cost of the load in nano-units; `None` for one that is negative or not a number.
    cost: Option<u64>,
}

/// All that a value says itself: the decision over it, and its tags.
pub(crate) struct Judgement {
    pub(crate) decision: Decision,
    pub(crate) tags: Vec<Named>,
}

/// The rules of an attribute that decide over a value.
pub type Decide<V> = fn(&V, Decision) -> Decision;

impl Decision {
    /// The decision of a cache without rules.
    pub(crate) const STORED: Self =
        Self { is_stored: true, is_none: false, at_most: None, cost: Some(0) };

    /// Notes whether the value is `None`, whose life has a setting of its own.
    #[must_use]
    pub fn optional<V: OptionalValue>(self, value: &V) -> Self {
        Self { is_none: value.is_none(), ..self }
    }

    /// Declines a value for which `cache_if` returns `false`.
    #[must_use]
    pub fn cache_if<V>(self, value: &V, cache_if: impl FnOnce(&V) -> bool) -> Self {
        if self.is_stored { Self { is_stored: cache_if(value), ..self } } else { self }
    }

    /// Shortens the life of a value to what `ttl_of` returns. Declines it for a ttl of zero.
    #[must_use]
    pub fn ttl_of<V, T: OwnTtl>(self, value: &V, ttl_of: impl FnOnce(&V) -> T) -> Self {
        if !self.is_stored {
            return self;
        }
        let at_most = ttl_of(value).own_ttl();
        Self { is_stored: at_most != Some(Duration::ZERO), at_most, ..self }
    }

    /// Sets the cost of each load, in units.
    #[must_use]
    pub fn cost(self, units: f64) -> Self {
        Self { cost: money::nanos(units), ..self }
    }

    /// Sets the cost of the load that made the value, as `cost` returns it, in units.
    #[must_use]
    pub fn cost_of<V>(self, value: &V, cost: impl FnOnce(&V) -> f64) -> Self {
        self.cost(cost(value))
    }

    /// Returns the cost of the load in nano-units; `None` for one that is negative or not a number.
    pub(crate) fn cost_nanos(&self) -> Option<u64> {
        self.cost
    }

    /// Tells whether the value is stored.
    pub(crate) fn is_stored(&self) -> bool {
        self.is_stored
    }

    /// Returns the longest life of the value, shortened by the jitter of `policy`.
    pub(crate) fn longest_life(&self, policy: &Policy) -> Option<Duration> {
        let of_none = policy.none_ttl.filter(|_| self.is_none);
        let shortest = self.at_most.into_iter().chain(of_none).min();
        shortest.map(|ttl| policy.jittered(ttl))
    }
}

/// A value that may be `None`.
#[diagnostic::on_unimplemented(
    message = "`none_ttl` is the life of a `None`, and a `{Self}` is never `None`",
    label = "not an `Option`",
    note = "return an `Option`, or a `Result` of one"
)]
pub trait OptionalValue {
    #[doc(hidden)]
    fn is_none(&self) -> bool;
}

#[diagnostic::do_not_recommend]
impl<T> OptionalValue for Option<T> {
    fn is_none(&self) -> bool {
        self.is_none()
    }
}

/// The ttl that `ttl_of` returns: a `Duration`, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`ttl_of` returns a `{Self}`, which is not a time",
    label = "not a time",
    note = "return a `Duration`, or an `Option<Duration>`: `None` is for the ttl of the cache"
)]
pub trait OwnTtl {
    #[doc(hidden)]
    fn own_ttl(self) -> Option<Duration>;
}

impl OwnTtl for Duration {
    fn own_ttl(self) -> Option<Duration> {
        Some(self)
    }
}

impl OwnTtl for Option<Duration> {
    fn own_ttl(self) -> Option<Duration> {
        self
    }
}
