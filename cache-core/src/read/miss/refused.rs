//! The end of a miss whose load the budget of its cache does not allow.

use super::Miss;
use crate::{
    cache::Outcome,
    entry::Entry,
    flight::{Loading, Permit},
    observe::StaleReason,
    over_budget::OverBudget,
    read::load::{Load, LoadCause, stand_in},
    returns::AnyError,
};

/// A load that has the permit, and that the budget of its cache does not allow.
pub(in crate::read) struct Refused {
    pub(super) miss: Miss,
    pub(super) permit: Permit<Outcome>,
    pub(super) cause: LoadCause,
    pub(super) spent: OverBudget,
}

impl Refused {
    /// Returns the budget that is spent.
    pub(in crate::read) fn spent(&self) -> OverBudget {
        self.spent
    }

    /// Runs `act` as a part of the load: the user's code may call for this very key.
    pub(in crate::read) fn within<T>(&self, act: impl FnOnce() -> T) -> T {
        Loading::nested(self.permit.progress()).scope(act)
    }

    /// Ends the load with the value that serves in place of its own, if there is one.
    pub(in crate::read) fn stand_in(self: Box<Self>) -> Result<Entry, Box<Self>> {
        let Self { mut miss, permit, cause, spent } = *self;
        let standby = miss.standby.take();
        // Other processes may have some of their budget left.
        let failed = |_| ();
        stand_in(&miss.cache, permit, standby, cause, &miss.note, StaleReason::Budget, failed)
            .map_err(|permit| Box::new(Self { miss, permit, cause, spent }))
    }

    /// Ends the load with an error, where it is shared: others get it, too, and else ask for
    /// themselves.
    pub(in crate::read) fn fail(self: Box<Self>, error: Option<AnyError>) {
        self.permit.fail(error.map(Outcome::Error).as_ref());
    }

    /// Begins the load all the same.
    pub(in crate::read) fn load_anyway(self: Box<Self>) -> Box<Load> {
        let Self { miss, permit, cause, .. } = *self;
        miss.cache.counters.over_budget_loads.add(1);
        miss.load(permit, cause)
    }
}
