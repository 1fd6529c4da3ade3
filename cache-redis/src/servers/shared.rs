//! What all servers of a registry share, and whether the registry hears them all.

use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

use super::{Duties, slots::Slots};
use crate::server::Server;

/// What all servers of a registry share.
pub(crate) struct Shared {
    pub(crate) duties: Arc<dyn Duties>,
    /// The prefix below which changes are of interest.
    pub(crate) watched: Vec<u8>,
    pub(crate) slots: Slots,
    /// Notified when the topology may have changed.
    pub(crate) stale: Notify,
    members: RwLock<Vec<Arc<Server>>>,
    hears: AtomicBool,
    reviewing: Mutex<()>,
}

impl Shared {
    pub(super) fn new(duties: Arc<dyn Duties>, watched: Vec<u8>, slots: Slots) -> Self {
        Self {
            duties,
            watched,
            slots,
            stale: Notify::new(),
            members: RwLock::default(),
            hears: AtomicBool::new(false),
            reviewing: Mutex::default(),
        }
    }

    /// Whether every server works and tells of invalidations.
    pub(crate) fn receives_invalidations(&self) -> bool {
        self.hears.load(Ordering::Acquire)
    }

    /// The server with this number.
    pub(crate) fn member(&self, number: u16) -> Option<Arc<Server>> {
        let members = self.members.read().unwrap_or_else(PoisonError::into_inner);
        members.iter().find(|server| server.number() == number).cloned()
    }

    /// All servers.
    pub(crate) fn members(&self) -> Vec<Arc<Server>> {
        self.members.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes who is a member; requests that are routed meanwhile wait.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Vec<Arc<Server>>) -> T) -> T {
        change(&mut self.members.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells the tier when it is cut off, and when all is back. Memory is emptied before it is trusted again.
    pub(crate) fn review(&self) {
        let _turn = self.reviewing.lock().unwrap_or_else(PoisonError::into_inner);
        let members = self.members();
        let hears = !members.is_empty() && members.iter().all(|server| server.receives_invalidations());
        match (self.receives_invalidations(), hears) {
            (false, true) => {
                self.duties.restored();
                self.hears.store(true, Ordering::Release);
            }
            (true, false) => {
                self.hears.store(false, Ordering::Release);
                self.duties.cut_off();
            }
            _ => {}
        }
    }
}
