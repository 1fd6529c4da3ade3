//! The chain of loads that wait for flights, whose loads wait for other flights.
//!
//! A load records what its code waits for *before* it looks along the chain. So of those who close
//! a circle, one at least sees it. A look takes one lock after the other, never two at once.

use std::{collections::HashMap, iter, time::Duration};

use super::progress::{Progress, Wait};
use crate::{clock::Moment, sync::Arc};

/// The loads that some code is part of. It is a list, which a load that is nested shares with those
/// around it: thousands may be nested.
#[derive(Clone, Default)]
pub(crate) struct Enclosing(Option<Arc<Nested>>);

/// A load and those around it.
struct Nested {
    load: Arc<Progress>,
    around: Enclosing,
}

impl Drop for Nested {
    fn drop(&mut self) {
        // Not by recursion, which a long list would end in an overflow of the stack.
        let mut around = self.around.0.take();
        while let Some(last) = around.and_then(|nested| Arc::try_unwrap(nested).ok()) {
            around = { last }.around.0.take();
        }
    }
}

impl Enclosing {
    /// Adds a load that runs inside of these.
    pub(crate) fn with(&self, load: &Arc<Progress>) -> Self {
        Self(Some(Arc::new(Nested { load: Arc::clone(load), around: self.clone() })))
    }

    /// Tells whether `wait` is for one of these.
    pub(super) fn are_part_of(&self, wait: &impl Wait) -> bool {
        self.0.is_some() && wait.loads().iter().any(|load| self.contains(load))
    }

    /// Records that these loads wait.
    pub(super) fn wait_for(&self, wait: Arc<dyn Wait>) -> Waiting {
        self.loads().for_each(|load| load.add_wait(&wait));
        Waiting { loads: self.clone(), wait }
    }

    /// Records that these loads wait for another process's lease from `since` on.
    pub(super) fn await_lease(&self, since: Moment) -> Waiting {
        self.wait_for(Arc::new(Lease(since)))
    }

    /// Returns the loads, innermost first.
    fn loads(&self) -> impl Iterator<Item = &Arc<Progress>> {
        let innermost = self.0.as_deref();
        iter::successors(innermost, |nested| nested.around.0.as_deref()).map(|nested| &nested.load)
    }

    fn contains(&self, load: &Arc<Progress>) -> bool {
        self.loads().any(|own| Arc::ptr_eq(own, load))
    }
}

/// A wait of some loads. Dropping it ends the wait.
pub(crate) struct Waiting {
    loads: Enclosing,
    wait: Arc<dyn Wait>,
}

impl Waiting {
    /// Tells whether `wait` is for loads that wait for one of those who wait here, over any number
    /// of flights.
    pub(super) fn is_circle(&self, wait: &impl Wait) -> bool {
        self.loads.0.is_some() && reaches(wait.loads(), |load| self.loads.contains(load))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.loads.loads().for_each(|load| load.remove_wait(&self.wait));
    }
}

/// The wait for another process's lease, since this moment.
struct Lease(Moment);

impl Wait for Lease {
    fn lease_since(&self) -> Option<Moment> {
        Some(self.0)
    }
}

/// Tells whether the lease that `load` holds is to be renewed. It is not when the load could run
/// for `patience` and is not polled, nor when it has waited for another lease for that long, itself
/// or along the chain: two processes may wait for each other.
pub(crate) fn keeps_lease(load: &Arc<Progress>, patience: Duration) -> bool {
    !load.is_idle_for(patience)
        && !reaches(vec![Arc::clone(load)], |load| load.awaits_lease_for(patience))
}

/// Tells whether `wait`, or something along the chain from it, may need this thread to go on.
pub(super) fn needs_this_thread(wait: &impl Wait, in_runtime: bool) -> bool {
    reaches(wait.loads(), |load| load.needs_this_thread(in_runtime))
}

/// Looks for a load among `loads` and those that they wait for.
fn reaches(mut loads: Vec<Arc<Progress>>, found: impl Fn(&Arc<Progress>) -> bool) -> bool {
    // It keeps the loads, so that each has an address of its own meanwhile.
    let mut seen = HashMap::new();
    while let Some(load) = loads.pop() {
        if found(&load) {
            return true;
        }
        if seen.insert(Arc::as_ptr(&load), Arc::clone(&load)).is_none() {
            loads.extend(load.waits().iter().flat_map(|wait| wait.loads()));
        }
    }
    false
}
