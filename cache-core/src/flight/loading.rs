//! The loads that the running code is part of.

use std::{future::Future, sync::Arc};

use super::{chain::Enclosing, progress::Progress};
use crate::scoped::{Scoped, Slot, Within};

thread_local! {
    static LOADING_SLOT: Slot<Enclosing> = const { Slot::empty() };
    static CARRIED_SLOT: Slot<Enclosing> = const { Slot::empty() };
}

/// The loads that the running code is polled by.
static LOADING: Scoped<Enclosing> = Scoped::new(&LOADING_SLOT);

/// The loads that the running code was part of when its scope was made, by a task of its own
/// perhaps.
static CARRIED: Scoped<Enclosing> = Scoped::new(&CARRIED_SLOT);

/// Returns the loads that the running code is part of.
pub(crate) fn enclosing() -> Enclosing {
    let loading = LOADING.with(Clone::clone);
    loading.or_else(|| CARRIED.with(Clone::clone)).unwrap_or_default()
}

/// Makes `future` part of the loads that the running code is part of, whichever task polls it.
pub(crate) fn carry<F: Future>(future: F) -> impl Future<Output = F::Output> + use<F> {
    CARRIED.scope(enclosing(), future)
}

/// A load and those that it is nested in.
pub(crate) struct Loading(Enclosing);

impl Loading {
    /// Adds `load` to those that the running code is part of.
    pub(crate) fn nested(load: &Arc<Progress>) -> Self {
        Self(enclosing().with(load))
    }

    /// Adds `load` inside of this one.
    pub(crate) fn and(&self, load: &Arc<Progress>) -> Self {
        Self(self.0.with(load))
    }

    /// Runs `act` as part of the load.
    pub(crate) fn scope<T>(&self, act: impl FnOnce() -> T) -> T {
        let _within = self.enter();
        act()
    }

    /// Makes the running code part of the load until the guard is dropped.
    pub(crate) fn enter(&self) -> Within<'static, Enclosing> {
        LOADING.enter(self.0.clone())
    }
}
