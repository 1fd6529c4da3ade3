//! Items of a call that are to be loaded, and what their loads bring.

use crate::{
    money::Spent,
    read::{
        keyed::Keyed,
        load::{Load, Rest},
    },
    returns::Returns,
    value::ValueOps,
};

/// An item that is to be loaded.
pub(super) struct Part<R, V, E> {
    pub(super) returns: Returns<R, V, E>,
    pub(super) value: ValueOps<V>,
    /// The number of the item in its call.
    pub(super) number: usize,
    /// The place that asked for it first.
    pub(super) place: usize,
    /// `None` where the function runs as if it were not cached.
    pub(super) load: Option<Box<Load>>,
}

impl<R, V, E> Part<R, V, E> {
    pub(super) fn new(
        keyed: &Keyed<R, V, E>,
        number: usize,
        place: usize,
        load: Option<Box<Load>>,
    ) -> Self {
        let Keyed { returns, value, .. } = keyed;
        Self { returns: *returns, value: *value, number, place, load }
    }

    /// Returns the item, if its load may begin: to be asked just before its run. The error is its
    /// number, and the rest of its call.
    pub(super) fn confirmed(self) -> Result<Self, (usize, Rest)> {
        let Self { returns, value, number, place, load } = self;
        let load = load.map(Load::confirmed).transpose().map_err(|rest| (number, rest))?;
        Ok(Self { returns, value, number, place, load })
    }
}

/// The outcomes of items that were loaded.
pub(super) struct GroupOutcome<V, E> {
    /// The number of each item, its outcome, and what its load has cost, where it had one.
    pub(super) settled: Vec<(usize, Result<V, E>, Option<Spent>)>,
    /// The error of the whole call.
    pub(super) failure: Option<E>,
    /// The numbers of the items that were not loaded, because others may load them by now, and the
    /// rests of their calls.
    pub(super) superseded: Vec<(usize, Rest)>,
}

impl<V, E> Default for GroupOutcome<V, E> {
    fn default() -> Self {
        Self { settled: Vec::new(), failure: None, superseded: Vec::new() }
    }
}
