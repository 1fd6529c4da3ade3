//! A caller who waits for a flight.

use super::{
    permit::{Permit, Sender, Wakeup},
    table::Table,
    waiters::{Flight, Role},
};
use crate::{
    key::StoredKey,
    sync::{Arc, oneshot},
};

/// A caller who waits for a flight. Dropping it leaves the flight.
pub(crate) struct Follower<T: Clone> {
    table: Arc<Table<Sender<T>>>,
    key: StoredKey,
    flight: Arc<Flight<Sender<T>>>,
    id: u64,
    wakeup: oneshot::Receiver<Wakeup<T>>,
}

impl<T: Clone> Follower<T> {
    /// Joins `flight`; the caller holds the table's lock, so that the flight cannot end meanwhile.
    pub(super) fn new(
        table: &Arc<Table<Sender<T>>>,
        key: StoredKey,
        flight: Arc<Flight<Sender<T>>>,
    ) -> Self {
        let (sender, wakeup) = oneshot::channel();
        let id = flight.waiters().add(sender);
        Self { table: Arc::clone(table), key, flight, id, wakeup }
    }

    /// Waits to be woken. `None` only when the flight ended without a message: a foreign waker
    /// panicked while others were woken.
    ///
    /// Dropping the future is safe: a message that was sent stays to be read.
    pub(crate) async fn wakeup(&mut self) -> Option<Wakeup<T>> {
        (&mut self.wakeup).await.ok()
    }

    /// Stops waiting for the leader: the caller loads for itself as soon as one more load is
    /// allowed, unless an outcome comes first. [`wakeup`](Self::wakeup) tells of either.
    pub(crate) fn stop_waiting(&self) {
        let mut waiters = self.flight.waiters();
        waiters.set_overdue(self.id);
        let admitted = waiters.admit_own_loads(self.table.max_own_loads);
        drop(waiters);
        for sender in admitted {
            Permit::new(&self.table, &self.key, &self.flight, Role::OwnLoad).wake(sender);
        }
    }
}

impl<T: Clone> Drop for Follower<T> {
    fn drop(&mut self) {
        let sender = self.flight.waiters().remove(self.id);
        // Without the lock: a sender wakes its receiver, and a waker is foreign code. A permit that
        // was sent meanwhile is dropped with the receiver and passes on by itself.
        drop(sender);
    }
}
