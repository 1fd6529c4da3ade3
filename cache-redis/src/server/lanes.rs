//! The lanes to one server, by runtime.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak},
};

use tokio::runtime::{Handle, Id};

use super::{Server, lane::Lane, locked, refusal::Refusal, trouble::Trouble};
use crate::manager;

type Table = HashMap<Id, Arc<Lane>>;

/// All lanes; nothing once the server is closed.
pub(super) struct Lanes(RwLock<Option<Table>>);

impl Default for Lanes {
    fn default() -> Self {
        Self(RwLock::new(Some(Table::new())))
    }
}

impl Lanes {
    /// Ends all lanes, and lets no other begin.
    pub(super) fn close(&self) {
        let lanes = self.write().take();
        for lane in lanes.into_iter().flat_map(Table::into_values) {
            lane.close();
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Table>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<Table>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// This runtime's lane; the manager's, where there is no runtime.
    pub(super) fn lane(self: &Arc<Self>) -> Arc<Lane> {
        let runtime = Handle::try_current().unwrap_or_else(|_| manager::handle().clone());
        self.lane_on(&runtime)
    }

    fn lane_on(self: &Arc<Self>, runtime: &Handle) -> Arc<Lane> {
        let known = self.lanes.read().as_ref().and_then(|lanes| lanes.get(&runtime.id()).cloned());
        known.unwrap_or_else(|| self.add_lane(runtime))
    }

    fn add_lane(self: &Arc<Self>, runtime: &Handle) -> Arc<Lane> {
        let last = locked(&self.refusal).as_ref().map(Refusal::for_callers);
        let new = Lane::new(last);
        let mut lanes = self.lanes.write();
        let Some(open) = lanes.as_mut() else { return Lane::new(Some(Trouble::CONNECTING)) };
        let lane = Arc::clone(open.entry(runtime.id()).or_insert_with(|| Arc::clone(&new)));
        drop(lanes);
        if Arc::ptr_eq(&lane, &new) {
            lane.start(self, runtime);
        }
        lane
    }

    /// How many runtimes have a lane.
    #[cfg(test)]
    pub(crate) fn lane_count(&self) -> usize {
        self.lanes.read().as_ref().map_or(0, Table::len)
    }

    /// The lane of a runtime that has ended.
    pub(super) fn forget(&self, runtime: Id, lane: &Weak<Lane>) {
        let mut lanes = self.lanes.write();
        let Some(lanes) = lanes.as_mut() else { return };
        if lanes.get(&runtime).is_some_and(|known| std::ptr::eq(Arc::as_ptr(known), lane.as_ptr())) {
            lanes.remove(&runtime);
        }
    }

    /// From now on callers on `runtime` use the manager's lane.
    pub(super) fn lend(self: &Arc<Self>, runtime: Id) {
        let lane = self.lane_on(manager::handle());
        if let Some(lanes) = self.lanes.write().as_mut() {
            lanes.insert(runtime, lane);
        }
    }
}
