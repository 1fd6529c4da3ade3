//! The flights of one cache, by key.

use std::collections::HashMap;

use super::{
    Turn,
    crew::{Flight, Follower, Sender, tell_to_load},
    origin::{Origin, Relation},
};
use crate::{
    key::{Key, KeyHasher, StoredKey},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Shard<T> = HashMap<StoredKey, Arc<Flight<T>>, KeyHasher>;

/// All flights of one cache. `T` is what a flight lands with, cloned for each follower.
pub(crate) struct Flights<T: Clone> {
    shards: Box<[Mutex<Shard<T>>]>,
}

/// How a caller gets on.
pub(crate) enum Boarding<T: Clone> {
    /// Nobody loads: the caller does.
    Lead(Ticket<T>),
    /// Somebody loads: the caller waits.
    Follow(Follower<T>),
    /// The caller is part of the very load that it would wait for.
    Own,
}

/// In which part a load runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Leader,
    Solo,
}

/// The right to load a key, and to store what was loaded while nothing has come between.
pub(crate) struct Ticket<T: Clone> {
    flights: Arc<Flights<T>>,
    key: StoredKey,
    flight: Arc<Flight<T>>,
    role: Role,
    done: bool,
}

/// Names a flight while somebody holds it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FlightId(usize);

impl<T: Clone> Flights<T> {
    /// An empty table of `shards` parts, each with a lock of its own.
    pub(crate) fn new(shards: usize) -> Self {
        Self { shards: (0..shards).map(|_| Mutex::default()).collect() }
    }

    /// Joins the flight of `key`, or begins one. `relate` tells what a flight is to the caller; an outdated one is taken out.
    /// `generation` is read after the table is locked: a flight that begins after a clear has the new one.
    pub(crate) fn board(
        self: &Arc<Self>,
        key: &Key,
        generation: impl Fn() -> u64,
        relate: impl Fn(FlightId, Option<Origin>) -> Relation,
    ) -> Boarding<T> {
        let stored = StoredKey::from(key);
        let mut shard = self.shard(&stored);
        if let Some(flight) = shard.get(&stored) {
            let origin = flight.crew().origin;
            match relate(id(flight), origin) {
                Relation::Own => return Boarding::Own,
                Relation::Current => {
                    return Boarding::Follow(Follower::new(self, stored, Arc::clone(flight)));
                }
                Relation::Outdated => {}
            }
        }
        Boarding::Lead(self.begin(&mut shard, stored, generation()))
    }

    /// Begins a new flight in place of any other, whose loads then store nothing: the load that began last counts.
    pub(crate) fn supersede(self: &Arc<Self>, key: &Key, generation: impl Fn() -> u64) -> Ticket<T> {
        let stored = StoredKey::from(key);
        let mut shard = self.shard(&stored);
        self.begin(&mut shard, stored, generation())
    }

    fn begin(self: &Arc<Self>, shard: &mut Shard<T>, key: StoredKey, generation: u64) -> Ticket<T> {
        let flight = Arc::new(Flight::new(generation));
        shard.insert(key.clone(), Arc::clone(&flight));
        self.ticket(key, flight, Role::Leader)
    }

    /// Takes the flight of `key` out, so that its loads store nothing, and does `act` before any other can begin.
    pub(crate) fn fence(&self, key: &StoredKey, act: impl FnOnce()) {
        let mut shard = self.shard(key);
        shard.remove(key);
        act();
    }

    /// Does `act` while nothing else can store or remove `key`.
    pub(crate) fn locked(&self, key: &StoredKey, act: impl FnOnce()) {
        let _shard = self.shard(key);
        act();
    }

    /// Returns when everybody who holds a lock now has let go of it.
    pub(crate) fn wait_for_locks(&self) {
        for shard in &self.shards {
            drop(lock(shard));
        }
    }

    /// Takes all flights out.
    pub(crate) fn fence_all(&self) {
        for shard in &self.shards {
            lock(shard).clear();
        }
    }

    /// The number of keys being loaded.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Hands a solo ticket to one who waited for it; the crew counts it already.
    pub(super) fn admit(self: &Arc<Self>, key: &StoredKey, flight: &Arc<Flight<T>>, sender: Sender<T>) {
        tell_to_load(sender, self.ticket(key.clone(), Arc::clone(flight), Role::Solo));
    }

    fn ticket(self: &Arc<Self>, key: StoredKey, flight: Arc<Flight<T>>, role: Role) -> Ticket<T> {
        Ticket { flights: Arc::clone(self), key, flight, role, done: false }
    }

    fn shard(&self, key: &StoredKey) -> MutexGuard<'_, Shard<T>> {
        // The upper bits: the map inside uses the lower ones.
        let index = (key.hash64() >> 32) as usize % self.shards.len();
        lock(&self.shards[index])
    }
}

impl<T: Clone> Ticket<T> {
    /// Names the flight, for `own` of [`Flights::board`].
    pub(crate) fn flight_id(&self) -> FlightId {
        id(&self.flight)
    }

    /// What is loaded.
    pub(crate) fn key(&self) -> &StoredKey {
        &self.key
    }

    /// The cache's generation before this load began.
    pub(crate) fn generation(&self) -> u64 {
        self.flight.generation
    }

    /// The load begins: callers who come now are told so. The first load of a flight counts.
    pub(crate) fn depart(&self, origin: Origin) {
        self.flight.crew().origin.get_or_insert(origin);
    }

    /// The load has `outcome`: everybody who waits is told. `store` runs first, if nothing has fenced the load off, and
    /// before any invalidation that comes after.
    pub(crate) fn land(mut self, outcome: T, store: impl FnOnce()) {
        let mut shard = self.flights.shard(&self.key);
        if self.is_current(&shard) {
            store();
            shard.remove(&self.key);
        }
        drop(shard);
        // Not before: should `store` panic, the ticket passes on.
        self.done = true;
        let mut crew = self.flight.crew();
        crew.end_load(self.role);
        let waiting = crew.disband();
        drop(crew);
        tell_all(waiting, &outcome);
    }

    /// The load failed. A `shared` outcome ends the wait of all; without one each of them must load for itself.
    pub(crate) fn fail(mut self, shared: Option<T>) {
        self.done = true;
        let mut table = self.flights.shard(&self.key);
        let mut crew = self.flight.crew();
        crew.end_load(self.role);
        let waiting = if shared.is_some() { crew.disband() } else { Vec::new() };
        crew.lose_patience();
        let admitted = crew.admit_solos();
        let over = crew.loaders == 0;
        drop(crew);
        self.leave_table(&mut table, over);
        drop(table);
        for sender in admitted {
            self.flights.admit(&self.key, &self.flight, sender);
        }
        if let Some(outcome) = shared {
            tell_all(waiting, &outcome);
        }
    }

    /// The load was given up: its place goes to the next, or the flight ends.
    fn abandon(&mut self) {
        let mut shard = self.flights.shard(&self.key);
        let mut crew = self.flight.crew();
        let heir = crew.resign(self.role);
        let over = crew.loaders == 0;
        drop(crew);
        self.leave_table(&mut shard, over);
        drop(shard);
        if let Some(sender) = heir {
            let flight = Arc::clone(&self.flight);
            tell_to_load(sender, self.flights.ticket(self.key.clone(), flight, self.role));
        }
    }

    fn leave_table(&self, shard: &mut Shard<T>, over: bool) {
        if over && self.is_current(shard) {
            shard.remove(&self.key);
        }
    }

    fn is_current(&self, shard: &Shard<T>) -> bool {
        shard.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight))
    }
}

impl<T: Clone> Drop for Ticket<T> {
    fn drop(&mut self) {
        if !self.done {
            self.abandon();
        }
    }
}

fn tell_all<T: Clone>(waiting: Vec<Sender<T>>, outcome: &T) {
    for sender in waiting {
        // One who is gone needs no answer.
        drop(sender.send(Turn::Landed(outcome.clone())));
    }
}

fn lock<T: Clone>(shard: &Mutex<Shard<T>>) -> MutexGuard<'_, Shard<T>> {
    // As for a crew: a poisoned shard is sound.
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn id<T: Clone>(flight: &Arc<Flight<T>>) -> FlightId {
    FlightId(Arc::as_ptr(flight).addr())
}
