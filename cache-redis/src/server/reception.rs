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

/// The knowledge whether every server works and its invalidations are heard.
pub(crate) struct Reception {
    hooks: Arc<dyn ServerHooks>,
    /// The servers by number.
    servers: Mutex<HashMap<u16, Hearing>>,
    complete: AtomicBool,
    /// True while each server pushes by itself.
    pushed: AtomicBool,
}

/// The way by which the invalidations of a server are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    /// They are not heard, or the server does not work.
    Nothing,
    /// The server pushes them.
    Pushes,
    /// The feed tells of them, which this server has.
    Feed,
    /// The feed tells of them, which another master of the Cluster has.
    FeedElsewhere,
}

impl Reception {
    pub(super) fn new(hooks: Arc<dyn ServerHooks>) -> Self {
        let [complete, pushed] = [(); 2].map(|()| AtomicBool::new(false));
        Self { hooks, servers: Mutex::default(), complete, pushed }
    }

    /// Returns true when every server works and its invalidations are heard.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// Returns true when every server works and pushes by itself.
    pub(crate) fn is_pushed(&self) -> bool {
        self.pushed.load(Ordering::Acquire)
    }

    /// Adds a server, from which nothing is heard yet.
    pub(super) fn add(&self, number: u16) {
        let mut servers = self.servers.lock();
        servers.insert(number, Hearing::Nothing);
        self.publish(&servers);
    }

    /// Removes a server that left the registry.
    pub(crate) fn remove(&self, number: u16) {
        let mut servers = self.servers.lock();
        servers.remove(&number);
        self.publish(&servers);
    }

    /// Asks again how invalidations of a server are heard. It is asked under the lock, so that of
    /// two updates the later one stands.
    pub(super) fn update(&self, number: u16, hears: impl FnOnce() -> Hearing) {
        let mut servers = self.servers.lock();
        if let Some(known) = servers.get_mut(&number) {
            *known = hears();
            self.publish(&servers);
        }
    }

    /// Returns true when the invalidations of the server with this number are heard, and memory was
    /// emptied of what is older.
    pub(super) fn receives(&self, number: u16) -> bool {
        let servers = self.servers.lock();
        servers.get(&number).is_some_and(|hearing| receives(*hearing, &servers))
    }

    /// Tells the tier when the reception was interrupted, and when it is complete again.
    ///
    /// Memory is emptied after the reception counts as complete. A load that could not ask the
    /// server is kept only while it does not, and was then begun before memory is emptied: so
    /// nothing from the outage is read after it.
    fn publish(&self, servers: &HashMap<u16, Hearing>) {
        let complete =
            !servers.is_empty() && servers.values().all(|hearing| receives(*hearing, servers));
        let pushed = complete && servers.values().all(|hearing| *hearing == Hearing::Pushes);
        self.pushed.store(pushed, Ordering::Release);
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

/// Returns true when invalidations that are heard in this way are heard now: the feed of a Cluster
/// is on one of the servers.
fn receives(hearing: Hearing, servers: &HashMap<u16, Hearing>) -> bool {
    match hearing {
        Hearing::Nothing => false,
        Hearing::Pushes | Hearing::Feed => true,
        Hearing::FeedElsewhere => servers.values().any(|other| *other == Hearing::Feed),
    }
}
