//! The permit: the right to load a key, and to store what was loaded while nothing came between.

use tracing::Span;

use super::{
    chain::{Enclosing, Waiting},
    origin::Origin,
    progress::Progress,
    table::{Shard, Table},
    waiters::Flight,
};
use crate::{
    key::StoredKey,
    sync::{Arc, oneshot},
    tag::TagSet,
};

/// The message that ends a follower's wait.
pub(crate) enum Wakeup<T: Clone> {
    /// The follower loads.
    Load(Permit<T>),
    /// Another caller's load has this outcome.
    Landed(T),
    /// The flight is no longer that of its key: the follower takes what has landed, joins the flight
    /// that is there now, or leads one.
    LookAgain,
}

/// The sender that wakes one follower.
pub(super) type Sender<T> = oneshot::Sender<Wakeup<T>>;

/// The right to load a key. `T` is the outcome of a load, cloned for each follower.
pub(crate) struct Permit<T: Clone> {
    table: Arc<Table<Sender<T>>>,
    key: StoredKey,
    flight: Arc<Flight<Sender<T>>>,
    progress: Arc<Progress>,
    /// `true` for a caller who has lost patience, and loads in any case.
    is_overdue: bool,
    done: bool,
}

impl<T: Clone> Permit<T> {
    /// Creates a permit for a load that the waiters count already.
    pub(super) fn new(
        table: &Arc<Table<Sender<T>>>,
        key: &StoredKey,
        flight: &Arc<Flight<Sender<T>>>,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            table: Arc::clone(table),
            key: key.clone(),
            flight: Arc::clone(flight),
            progress,
            is_overdue: false,
            done: false,
        }
    }

    /// Tells a waiter to load. One who is gone drops the permit, and so passes it on.
    pub(super) fn wake(self, sender: Sender<T>) {
        drop(sender.send(Wakeup::Load(self)));
    }

    /// Returns the progress of the load, by which all its parts are to be polled.
    pub(crate) fn progress(&self) -> &Arc<Progress> {
        &self.progress
    }

    /// Lets its caller load in any case, though another flight of the key may have begun.
    pub(super) fn overdue(mut self) -> Self {
        self.is_overdue = true;
        self
    }

    /// Gives the key a load of its own in place of one that it shares with others.
    #[must_use]
    pub(crate) fn by_itself(mut self) -> Self {
        let load = self.table.begin_load();
        self.flight.waiters().replace_load(&self.progress, &load);
        self.progress = load;
        self
    }

    /// Records that the load waits for another process's lease, and that the loads `within` which
    /// it runs do too.
    pub(crate) fn await_lease(&self, within: &Enclosing) -> Waiting {
        within.with(&self.progress).await_lease(self.table.now())
    }

    /// Returns the key to load.
    pub(crate) fn key(&self) -> &StoredKey {
        &self.key
    }

    /// Returns the cache's generation from before this load.
    pub(crate) fn generation(&self) -> u64 {
        self.flight.generation
    }

    /// Stores the origin of the load for callers who join from now on. Of several loads of one
    /// flight, the first counts.
    pub(crate) fn set_origin(&self, origin: Origin) {
        self.flight.waiters().origin.get_or_insert(origin);
    }

    /// Stores the tags of the load, as they were before it, for callers who join from now on. Of
    /// several loads of one flight, the first counts.
    pub(crate) fn set_tags(&self, tags: &std::sync::Arc<TagSet>) {
        self.flight.waiters().tags.get_or_insert_with(|| std::sync::Arc::clone(tags));
    }

    /// Stores the span of the load, for those who wait for it.
    pub(crate) fn set_span(&self, span: &Span) {
        if span.is_disabled() {
            return;
        }
        // Without the lock: a subscriber is foreign code.
        let span = std::sync::Arc::new(span.clone());
        let last = self.flight.waiters().load_span.replace(span);
        drop(last);
    }

    /// Ends the load with `outcome` and wakes all waiters. `store` runs first, if nothing has
    /// fenced the load off, and before any invalidation that comes after. Returns what it returned.
    pub(crate) fn land<R>(mut self, outcome: T, store: impl FnOnce() -> R) -> Option<R> {
        let mut shard = self.table.lock(&self.key);
        let stored = self.is_current(&shard).then(|| {
            let stored = store();
            shard.remove(&self.key);
            stored
        });
        drop(shard);
        // Not before: should `store` panic, the permit passes on.
        self.end_for_all(&outcome);
        stored
    }

    /// Ends the load as failed. An `outcome` ends the wait of all; without one each of them must
    /// load for itself.
    pub(crate) fn fail(self, outcome: Option<&T>) {
        let most = self.table.max_own_loads;
        self.end(outcome, most, || ());
    }

    /// Ends the load as failed with `outcome`, and wakes all waiters. Those who load for themselves
    /// already go on. `store` runs first, if nothing has fenced the load off. Returns what it
    /// returned.
    pub(crate) fn fail_and<R>(self, outcome: &T, store: impl FnOnce() -> R) -> Option<R> {
        let most = self.table.max_own_loads;
        self.end(Some(outcome), most, store)
    }

    /// Ends the load without an outcome for others: all who wait load for themselves, at once and
    /// side by side. `act` runs first, if nothing has fenced the load off. Returns what it returned.
    pub(crate) fn decline<R>(self, act: impl FnOnce() -> R) -> Option<R> {
        self.end(None, usize::MAX, act)
    }

    /// Ends the load, while others of the flight may go on. An `outcome` ends the wait of all;
    /// without one they load for themselves, `most` at once. `act` runs first, if nothing has fenced
    /// the load off.
    fn end<R>(mut self, outcome: Option<&T>, most: usize, act: impl FnOnce() -> R) -> Option<R> {
        let mut shard = self.table.lock(&self.key);
        let acted = self.is_current(&shard).then(act);
        // Not before: should `act` panic, the permit passes on.
        self.done = true;
        let mut waiters = self.flight.waiters();
        waiters.end_load(&self.progress);
        let waiting = if outcome.is_some() { waiters.take_all() } else { Vec::new() };
        waiters.set_all_overdue();
        let admitted = waiters.admit_own_loads(most, || self.table.begin_load());
        let over = waiters.are_over();
        drop(waiters);
        self.leave_table(&mut shard, over);
        drop(shard);
        self.wake_loads(admitted);
        if let Some(outcome) = outcome {
            wake_all(waiting, outcome);
        }
        acted
    }

    /// Ends the load as failed with `outcome` in place of a value, and wakes all waiters. The error
    /// is the permit, where something has fenced the load off; else `note` runs before anybody is
    /// woken, and before any invalidation that comes after.
    pub(crate) fn fail_with(mut self, outcome: &T, note: impl FnOnce()) -> Result<(), Self> {
        let mut shard = self.table.lock(&self.key);
        if !self.is_current(&shard) {
            drop(shard);
            return Err(self);
        }
        note();
        shard.remove(&self.key);
        drop(shard);
        self.end_for_all(outcome);
        Ok(())
    }

    /// Ends the load and wakes all waiters with `outcome`.
    fn end_for_all(&mut self, outcome: &T) {
        self.done = true;
        let mut waiters = self.flight.waiters();
        waiters.end_load(&self.progress);
        let waiting = waiters.take_all();
        drop(waiters);
        wake_all(waiting, outcome);
    }

    fn wake_loads(&self, admitted: Vec<(Sender<T>, Arc<Progress>)>) {
        for (sender, load) in admitted {
            Self::new(&self.table, &self.key, &self.flight, load).wake(sender);
        }
    }

    /// Gives the load up: the permit passes to the next waiter, or the flight ends.
    ///
    /// Another flight of the key may load already, if this one was fenced off. So no follower gets
    /// its permit then.
    fn abandon(&mut self) {
        let mut shard = self.table.lock(&self.key);
        let is_current = self.is_current(&shard);
        let mut waiters = self.flight.waiters();
        let begin = || self.table.begin_load();
        let successor = waiters.hand_over(&self.progress, is_current, begin);
        let over = waiters.are_over();
        let left = if over { waiters.take_all() } else { Vec::new() };
        drop(waiters);
        self.leave_table(&mut shard, over);
        drop(shard);
        if let Some((sender, load)) = successor {
            Self::new(&self.table, &self.key, &self.flight, load).wake(sender);
        }
        for sender in left {
            drop(sender.send(Wakeup::LookAgain));
        }
    }

    fn leave_table(&self, shard: &mut Shard<Sender<T>>, over: bool) {
        if over && self.is_current(shard) {
            shard.remove(&self.key);
        }
    }

    /// Tells whether the load leads a flight that nobody joins any more, so that another one of the
    /// key may have begun: such a caller looks again, unless it loads in any case.
    pub(crate) fn leads_in_vain(&self) -> bool {
        if self.is_overdue {
            return false;
        }
        let shard = self.table.lock(&self.key);
        let waiters = self.flight.waiters();
        let is_joined = self.is_current(&shard) && waiters.tags_stand();
        !is_joined && waiters.are_led_by(&self.progress)
    }

    fn is_current(&self, shard: &Shard<Sender<T>>) -> bool {
        shard.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight))
    }
}

impl<T: Clone> Drop for Permit<T> {
    fn drop(&mut self) {
        if !self.done {
            self.abandon();
        }
    }
}

fn wake_all<T: Clone>(waiting: Vec<Sender<T>>, outcome: &T) {
    for sender in waiting {
        // One who is gone needs no outcome.
        drop(sender.send(Wakeup::Landed(outcome.clone())));
    }
}
