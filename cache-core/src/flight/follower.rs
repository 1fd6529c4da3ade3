//! A caller who waits for a flight.

use tracing::Span;

use super::{
    chain::{Enclosing, Waiting, needs_this_thread},
    permit::{Permit, Sender, Wakeup},
    table::Table,
    waiters::Flight,
};
use crate::{
    clock::Moment,
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
    waiting: Waiting,
    /// `true` once the caller loads for itself, whatever became of the flight.
    is_overdue: bool,
}

impl<T: Clone + Send + 'static> Follower<T> {
    /// Joins `flight` as part of the loads `within`; the caller holds the table's lock, so that the
    /// flight cannot end meanwhile.
    pub(super) fn new(
        table: &Arc<Table<Sender<T>>>,
        key: StoredKey,
        flight: Arc<Flight<Sender<T>>>,
        within: &Enclosing,
    ) -> Self {
        let (sender, wakeup) = oneshot::channel();
        let id = flight.waiters().add(sender);
        let waiting = within.wait_for(Arc::clone(&flight) as _);
        Self { table: Arc::clone(table), key, flight, id, wakeup, waiting, is_overdue: false }
    }

    /// Tells whether the flight's loads wait for a load that the caller is part of: it would wait
    /// for itself. Not to be called under a lock.
    pub(super) fn is_awaited(&self) -> bool {
        self.waiting.is_circle(&*self.flight)
    }

    /// Returns the key that the flight loads.
    pub(crate) fn key(&self) -> &StoredKey {
        &self.key
    }

    /// Returns the moment since when no load of the flight is polled although each could run.
    pub(crate) fn idle_since(&self) -> Option<Moment> {
        self.flight.idle_since()
    }

    /// Returns the span of the load that began last in the flight, also when it has ended. `None`
    /// where spans are not wanted.
    pub(crate) fn load_span(&self) -> Option<std::sync::Arc<Span>> {
        self.flight.waiters().load_span.clone()
    }

    /// Waits to be woken. `None` only when the flight ended without a message: a foreign waker
    /// panicked while others were woken. A permit is given back if its flight was fenced off
    /// meanwhile: another flight of the key may load already.
    ///
    /// Dropping the future is safe: a message that was sent stays to be read.
    pub(crate) async fn wakeup(&mut self) -> Option<Wakeup<T>> {
        match (&mut self.wakeup).await.ok()? {
            Wakeup::Load(permit) if self.is_overdue => Some(Wakeup::Load(permit.overdue())),
            Wakeup::Load(permit) if permit.leads_in_vain() => Some(Wakeup::LookAgain),
            wakeup => Some(wakeup),
        }
    }

    /// Tells whether the flight may need this thread to go on, so that it cannot be parked. The
    /// loads of threads go on by themselves. Not to be called under a lock.
    pub(crate) fn needs_this_thread(&self, in_runtime: bool) -> bool {
        needs_this_thread(&*self.flight, in_runtime)
    }

    /// Loads beside the leader, at once and however many others do, unless the wait is over. `None`
    /// as for [`wakeup`](Self::wakeup).
    pub(crate) async fn load_now(mut self) -> Option<Wakeup<T>> {
        match self.begin_own_load() {
            Some(permit) => Some(Wakeup::Load(permit)),
            // Another thread is about to send the message, or has sent it.
            None => self.wakeup().await,
        }
    }

    fn begin_own_load(&self) -> Option<Permit<T>> {
        let mut waiters = self.flight.waiters();
        let sender = waiters.remove(self.id)?;
        let load = self.table.begin_load();
        waiters.add_own_load(&load);
        drop(waiters);
        drop(sender);
        Some(Permit::new(&self.table, &self.key, &self.flight, load))
    }

    /// Stops waiting for the leader: the caller loads for itself as soon as one more load is
    /// allowed, unless an outcome comes first. [`wakeup`](Self::wakeup) tells of either.
    pub(crate) fn stop_waiting(&mut self) {
        self.is_overdue = true;
        let mut waiters = self.flight.waiters();
        waiters.set_overdue(self.id);
        let admitted =
            waiters.admit_own_loads(self.table.max_own_loads, || self.table.begin_load());
        drop(waiters);
        for (sender, load) in admitted {
            Permit::new(&self.table, &self.key, &self.flight, load).wake(sender);
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
