//! Reception of invalidations, over all servers of a registry.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;

use super::hooks::ServerHooks;

/// The knowledge whether every server works and pushes invalidations.
pub(crate) struct Reception {
    hooks: Arc<dyn ServerHooks>,
    /// The servers by number, each with true when its invalidations are received.
    servers: Mutex<HashMap<u16, bool>>,
    complete: AtomicBool,
}

impl Reception {
    pub(super) fn new(hooks: Arc<dyn ServerHooks>) -> Self {
        Self { hooks, servers: Mutex::default(), complete: AtomicBool::new(false) }
    }

    /// Returns true when every server works and pushes invalidations.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// Adds a server, from which nothing is received yet.
    pub(super) fn add(&self, number: u16) {
        let mut servers = self.servers.lock();
        servers.insert(number, false);
        self.publish(&servers);
    }

    /// Removes a server that left the registry.
    pub(crate) fn remove(&self, number: u16) {
        let mut servers = self.servers.lock();
        servers.remove(&number);
        self.publish(&servers);
    }

    /// Asks again whether invalidations of a server are received. It is asked under the lock, so
    /// that of two updates the later one stands.
    pub(super) fn update(&self, number: u16, receives: impl FnOnce() -> bool) {
        let mut servers = self.servers.lock();
        if let Some(known) = servers.get_mut(&number) {
            *known = receives();
            self.publish(&servers);
        }
    }

    /// Returns true when the invalidations of the server with this number are received, and memory
    /// was emptied of what is older.
    pub(super) fn receives(&self, number: u16) -> bool {
        self.servers.lock().get(&number).is_some_and(|receives| *receives)
    }

    /// Tells the tier when the reception was interrupted, and when it is complete again.
    ///
    /// Memory is emptied after the reception counts as complete. A load that could not ask the
    /// server is kept only while it does not, and was then begun before memory is emptied: so
    /// nothing from the outage is read after it.
    fn publish(&self, servers: &HashMap<u16, bool>) {
        let complete = !servers.is_empty() && servers.values().all(|receives| *receives);
        match (self.is_complete(), complete) {
            (false, true) => {
                self.complete.store(true, Ordering::SeqCst);
                self.hooks.restored();
            }
            (true, false) => {
                self.complete.store(false, Ordering::Release);
                self.hooks.cut_off();
            }
            _ => {}
        }
    }
}
