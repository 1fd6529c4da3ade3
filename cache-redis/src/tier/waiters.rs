//! Callers who wait for another node's load.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use cachery_core::remote::Digest;
use parking_lot::Mutex;
use tokio::sync::{Notify, futures::OwnedNotified};

/// So many keys may be without waiters before they are removed.
const MAX_UNUSED: usize = 1024;

/// The callers who wait for another node's load, by the digest of its key.
#[derive(Default)]
pub(super) struct Waiters(Mutex<HashMap<Digest, Weak<Notify>>>);

impl Waiters {
    /// Returns a future that is ready once another node says that a read is worth while. It hears
    /// of that from now on.
    pub(super) fn wait_for(&self, digest: Digest) -> OwnedNotified {
        let mut waiters = self.0.lock();
        if waiters.len() >= MAX_UNUSED {
            waiters.retain(|_, notify| notify.strong_count() > 0);
        }
        let known = waiters.entry(digest).or_default();
        let notify = known.upgrade().unwrap_or_else(|| {
            let notify = Arc::<Notify>::default();
            *known = Arc::downgrade(&notify);
            notify
        });
        notify.notified_owned()
    }

    /// Counts the keys.
    pub(super) fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Wakes those who wait for a key.
    pub(super) fn wake(&self, digest: &Digest) {
        let notify = self.0.lock().remove(digest).and_then(|notify| notify.upgrade());
        // Without the lock, because the wakers of tasks are not ours.
        if let Some(notify) = notify {
            notify.notify_waiters();
        }
    }
}
