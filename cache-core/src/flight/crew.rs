//! Who takes part in one flight: those who load and those who wait.

use std::collections::BTreeMap;

use super::{
    MAX_SOLOS, Turn,
    origin::Origin,
    table::{Flights, Role, Ticket},
};
use crate::{
    key::StoredKey,
    sync::{Arc, Mutex, MutexGuard, PoisonError, oneshot},
};

/// One flight: shared by the table, its loads and its followers.
pub(super) struct Flight<T: Clone> {
    /// The cache's generation when the flight began. A clear ends the flight, so it holds for all its loads.
    pub(super) generation: u64,
    crew: Mutex<Crew<T>>,
}

impl<T: Clone> Flight<T> {
    /// A flight with one loader.
    pub(super) fn new(generation: u64) -> Self {
        Self { generation, crew: Mutex::new(Crew { loaders: 1, ..Crew::default() }) }
    }

    pub(super) fn crew(&self) -> MutexGuard<'_, Crew<T>> {
        // Nothing in a critical section of ours leaves a crew half changed, so a poisoned one is sound.
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) type Sender<T> = oneshot::Sender<Turn<T>>;

/// The members of a flight. Waiters are kept in order of arrival.
pub(super) struct Crew<T: Clone> {
    /// Loads that run, `solos` included.
    pub(super) loaders: usize,
    /// Loads of callers who would not wait any longer.
    pub(super) solos: usize,
    /// Callers who wait for the leader.
    followers: BTreeMap<u64, Sender<T>>,
    /// Callers who have waited long enough, or through one failure, and load for themselves when there is room.
    impatient: BTreeMap<u64, Sender<T>>,
    /// Of the first load that began; `None` before.
    pub(super) origin: Option<Origin>,
    next_id: u64,
}

impl<T: Clone> Default for Crew<T> {
    fn default() -> Self {
        Self {
            loaders: 0,
            solos: 0,
            followers: BTreeMap::new(),
            impatient: BTreeMap::new(),
            origin: None,
            next_id: 0,
        }
    }
}

impl<T: Clone> Crew<T> {
    fn enter(&mut self, sender: Sender<T>) -> u64 {
        self.next_id += 1;
        self.followers.insert(self.next_id, sender);
        self.next_id
    }

    fn leave(&mut self, id: u64) -> Option<Sender<T>> {
        self.followers.remove(&id).or_else(|| self.impatient.remove(&id))
    }

    /// Takes everybody who waits.
    pub(super) fn disband(&mut self) -> Vec<Sender<T>> {
        let waiting = std::mem::take(&mut self.impatient).into_values();
        waiting.chain(std::mem::take(&mut self.followers).into_values()).collect()
    }

    /// After a failure that cannot be shared, followers wait no longer.
    pub(super) fn lose_patience(&mut self) {
        self.impatient.append(&mut self.followers);
    }

    /// The next to load for themselves, as far as there is room; each of them counts as a loader from here on.
    pub(super) fn admit_solos(&mut self) -> Vec<Sender<T>> {
        let room = MAX_SOLOS - self.solos;
        let admitted: Vec<_> = std::iter::from_fn(|| self.impatient.pop_first()).take(room).collect();
        self.solos += admitted.len();
        self.loaders += admitted.len();
        admitted.into_iter().map(|(_, sender)| sender).collect()
    }

    /// Ends one load. Its place goes to a caller who waits, if the flight needs it: a leader's always, a solo's when
    /// somebody is impatient or nobody else loads. The heir counts in its stead.
    pub(super) fn resign(&mut self, role: Role) -> Option<Sender<T>> {
        let heir = self.impatient.pop_first().or_else(|| {
            let needed = role == Role::Leader || self.loaders == 1;
            if needed { self.followers.pop_first() } else { None }
        });
        if heir.is_none() {
            self.end_load(role);
        }
        heir.map(|(_, sender)| sender)
    }

    pub(super) fn end_load(&mut self, role: Role) {
        self.loaders -= 1;
        self.solos -= usize::from(role == Role::Solo);
    }
}

/// A caller who waits for a flight. Dropping it leaves the flight.
pub(crate) struct Follower<T: Clone> {
    flights: Arc<Flights<T>>,
    key: StoredKey,
    flight: Arc<Flight<T>>,
    id: u64,
    turn: oneshot::Receiver<Turn<T>>,
}

impl<T: Clone> Follower<T> {
    /// Joins `flight`; the caller holds the table's lock, so that the flight cannot end meanwhile.
    pub(super) fn new(flights: &Arc<Flights<T>>, key: StoredKey, flight: Arc<Flight<T>>) -> Self {
        let (sender, turn) = oneshot::channel();
        let id = flight.crew().enter(sender);
        Self { flights: Arc::clone(flights), key, flight, id, turn }
    }

    /// What this caller is told; `None` only when the flight ended without a word: a foreign waker panicked while
    /// others were told.
    /// Dropping the future is safe: what was told stays to be read.
    pub(crate) async fn turn(&mut self) -> Option<Turn<T>> {
        (&mut self.turn).await.ok()
    }

    /// Stops waiting for the leader: from here the caller loads for itself as soon as there is room, unless an outcome
    /// comes first. Either is told by [`turn`](Self::turn).
    pub(crate) fn lose_patience(&self) {
        let mut crew = self.flight.crew();
        if let Some(sender) = crew.followers.remove(&self.id) {
            crew.impatient.insert(self.id, sender);
        }
        let admitted = crew.admit_solos();
        drop(crew);
        for sender in admitted {
            self.flights.admit(&self.key, &self.flight, sender);
        }
    }
}

impl<T: Clone> Drop for Follower<T> {
    fn drop(&mut self) {
        let sender = self.flight.crew().leave(self.id);
        // Without the lock: a sender wakes its receiver, and a waker is foreign code. A ticket that was sent meanwhile is
        // dropped with the receiver and passes on by itself.
        drop(sender);
    }
}

/// Tells `sender` to load. One who is gone drops the ticket, and so passes it on.
pub(super) fn tell_to_load<T: Clone>(sender: Sender<T>, ticket: Ticket<T>) {
    drop(sender.send(Turn::Load(ticket)));
}
