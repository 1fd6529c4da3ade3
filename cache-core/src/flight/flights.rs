//! Joining, superseding and fencing off the flights of one cache.

use super::{
    chain::Enclosing,
    follower::Follower,
    origin::{Origin, Relation},
    permit::{Permit, Sender},
    progress::Progress,
    table::{Shard, Table},
    waiters::Flight,
};
use crate::{
    clock::Clock,
    key::{Key, StoredKey},
    sync::Arc,
};

/// All flights of one cache. `T` is the outcome of a load, cloned for each follower.
pub(crate) struct Flights<T: Clone>(Arc<Table<Sender<T>>>);

/// Result of joining a flight.
pub(crate) enum Join<T: Clone> {
    /// Nobody loads: the caller does.
    Lead(Permit<T>),
    /// Somebody loads: the caller waits.
    Follow(Follower<T>),
    /// The caller would wait for a load that it is part of, or that waits for it.
    Own,
}

impl<T: Clone> Flights<T> {
    /// Creates an empty table of `shards` parts, each with a lock of its own, whose flights allow
    /// `max_own_loads` loads beside the leader's. `clock` tells for how long a load is not polled.
    pub(crate) fn new(shards: usize, max_own_loads: usize, clock: Clock) -> Self {
        Self(Arc::new(Table::new(shards, max_own_loads, clock)))
    }

    /// Begins a load that may lead the flights of several keys.
    pub(crate) fn begin_load(&self) -> Arc<Progress> {
        self.0.begin_load()
    }

    /// Joins the flight of `key`, or begins one. `within` are the loads that the caller runs in.
    /// `relate` compares a flight with the caller; a flight that it calls outdated, or whose tags
    /// were invalidated, is removed from the table, and a new one begins. `generation` is called while the table is locked, so that a
    /// flight that begins after a clear has the generation from after it. `load` leads a new one.
    pub(crate) fn join(
        &self,
        key: &Key,
        generation: impl Fn() -> u64,
        relate: impl Fn(Option<Origin>) -> Relation,
        within: &Enclosing,
        load: impl FnOnce() -> Arc<Progress>,
    ) -> Join<T>
    where
        T: Send + 'static,
    {
        let stored = StoredKey::from(key);
        let mut shard = self.0.lock(&stored);
        if let Some(flight) = shard.get(&stored) {
            if within.are_part_of(&**flight) {
                return Join::Own;
            }
            let waiters = flight.waiters();
            let origin = waiters.origin;
            let tags_stand = waiters.tags_stand();
            drop(waiters);
            if tags_stand && relate(origin) == Relation::Current {
                let follower = Follower::new(&self.0, stored, Arc::clone(flight), within);
                drop(shard);
                return if follower.is_awaited() { Join::Own } else { Join::Follow(follower) };
            }
        }
        Join::Lead(self.begin(&mut shard, stored, generation(), load()))
    }

    /// Begins a flight of `key`, which `load` leads; `None` where there is one already.
    pub(crate) fn lead(
        &self,
        key: &Key,
        generation: impl Fn() -> u64,
        load: impl FnOnce() -> Arc<Progress>,
    ) -> Option<Permit<T>> {
        let stored = StoredKey::from(key);
        let mut shard = self.0.lock(&stored);
        let is_free = !shard.contains_key(&stored);
        is_free.then(|| self.begin(&mut shard, stored, generation(), load()))
    }

    /// Begins a new flight in place of any other, whose loads then store nothing: the load that
    /// began last counts.
    pub(crate) fn supersede(&self, key: &Key, generation: impl Fn() -> u64) -> Permit<T> {
        let stored = StoredKey::from(key);
        let mut shard = self.0.lock(&stored);
        self.begin(&mut shard, stored, generation(), self.0.begin_load())
    }

    fn begin(
        &self,
        shard: &mut Shard<Sender<T>>,
        key: StoredKey,
        generation: u64,
        load: Arc<Progress>,
    ) -> Permit<T> {
        let flight = Arc::new(Flight::new(generation, Arc::clone(&load)));
        let permit = Permit::new(&self.0, &key, &flight, load);
        shard.insert(key, flight);
        permit
    }

    /// Takes the flight of `key` out, so that its loads store nothing, and runs `act` before any
    /// other can begin.
    pub(crate) fn fence<R>(&self, key: &StoredKey, act: impl FnOnce() -> R) -> R {
        let mut shard = self.0.lock(key);
        shard.remove(key);
        act()
    }

    /// Takes all flights out.
    pub(crate) fn fence_all(&self) {
        self.0.lock_each().for_each(|mut shard| shard.clear());
    }

    /// Runs `act` while nothing else can store or remove `key`.
    pub(crate) fn locked<R>(&self, key: &StoredKey, act: impl FnOnce() -> R) -> R {
        let _shard = self.0.lock(key);
        act()
    }

    /// Tells whether `key` is being loaded.
    pub(crate) fn has(&self, key: &StoredKey) -> bool {
        self.0.lock(key).contains_key(key)
    }

    /// Returns the number of keys being loaded.
    pub(crate) fn len(&self) -> usize {
        self.0.lock_each().map(|shard| shard.len()).sum()
    }
}
