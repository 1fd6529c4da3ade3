//! One call's way to the remote tier and back, beyond a miss in memory.
//!
//! It reads downwards: look for a stored value; without one, board the key's flight in this process; as its leader ask for leave to
//! load, which may mean to wait for another process; after the load bring the value. Each step has an answer for a tier that is
//! out of reach, and all of them share one budget of time.

mod fill;
mod leave;
mod look;

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use self::{
    leave::Leave,
    look::{Sight, Vantage},
};
use super::{Cache, Next, Outcome, Shared};
use crate::{
    entry::Entry,
    flight::{Boarding, Follower, Origin, Relation, Ticket, Turn},
    generations::Group,
    key::Key,
    load, observe,
    remote::{Budget, FillKind, IfStored, Reason, RemoteKey, RemotePermit, RemoteTier},
    value::ByteOps,
};

pub(crate) struct Trip {
    cache: Arc<Cache>,
    key: Key,
    remote: RemoteKey,
    group: Group,
    bytes: ByteOps,
    budget: Budget,
    began: Instant,
    /// The cache's generation in the remote tier, as the last look showed it.
    seen: Option<([u8; 16], Vantage)>,
    grant: Option<RemotePermit>,
    /// It is counted as a miss.
    missed: bool,
    kind: FillKind,
}

/// Where a value was found.
enum Found {
    Remotely(Entry),
    InMemory(Entry),
    Nowhere,
}

impl Trip {
    /// In a box: it is handed from step to step.
    pub(crate) fn new(cache: Arc<Cache>, key: &Key, bytes: ByteOps) -> Option<Box<Self>> {
        let shared = cache.shared.as_ref()?;
        let digest = shared.digest(key);
        let (remote, budget) = (shared.key(digest), Budget::new(shared.remote.deadline));
        let group = cache.generations.group(&digest);
        Some(Box::new(Self {
            key: key.clone(),
            remote,
            group,
            bytes,
            budget,
            began: Instant::now(),
            seen: None,
            grant: None,
            missed: false,
            kind: FillKind::AfterMiss,
            cache,
        }))
    }

    pub(crate) fn group(&self) -> Group {
        self.group
    }

    /// An answer for a call that memory has none for, or the leave to load one.
    pub(crate) async fn seek(mut self: Box<Self>) -> Next {
        let (mark, stored) = match self.look().await {
            Sight::Value(entry) => return self.hit(entry),
            Sight::Nothing { mark, vantage, stored } => {
                self.seen = mark.generation.map(|generation| (generation, vantage));
                (Some(mark), stored)
            }
            Sight::OutOfReach => match self.look_in_memory() {
                Some(hit) => return hit,
                None => (None, IfStored::ReturnIt),
            },
        };
        let relate = |flight, origin: Option<Origin>| match origin {
            _ if load::is_within(flight) => Relation::Own,
            Some(origin) => origin.relation(self.began, mark),
            None => Relation::Current,
        };
        let cache = Arc::clone(&self.cache);
        match cache.flights.board(&self.key, || cache.generations.of(self.group), relate) {
            Boarding::Own => Next::Bypass,
            // In boxes: a hit does not carry along what only misses need.
            Boarding::Lead(ticket) => Box::pin(self.lead(ticket, stored, mark.is_none())).await,
            Boarding::Follow(follower) => Box::pin(self.follow(follower)).await,
        }
    }

    /// The fresh value that is stored remotely; in reach or not, nothing is loaded.
    pub(crate) async fn peek(self: Box<Self>) -> Option<Entry> {
        match self.find().await {
            Found::Remotely(entry) | Found::InMemory(entry) => Some(entry),
            Found::Nowhere => None,
        }
    }

    /// As [`peek`](Self::peek), and counted.
    pub(crate) async fn get(self: Box<Self>) -> Option<Entry> {
        match self.find().await {
            Found::Remotely(entry) => {
                self.cache.counters.remote_hit(entry.load_nanos());
                Some(entry)
            }
            Found::InMemory(entry) => {
                self.cache.count_hit(&entry);
                Some(entry)
            }
            Found::Nowhere => self.cache.miss(),
        }
    }

    async fn find(&self) -> Found {
        match self.look().await {
            Sight::Value(entry) => Found::Remotely(entry),
            Sight::Nothing { .. } => Found::Nowhere,
            Sight::OutOfReach => self.cache.fallback(&self.key).map_or(Found::Nowhere, Found::InMemory),
        }
    }

    /// Leave to load whatever is stored or loading: what began before stores nothing any more.
    pub(crate) async fn refresh(mut self: Box<Self>) -> Next {
        let ticket = self.cache.begin_refresh(&self.key, self.group);
        match self.supersede(ticket).await {
            Ok(ticket) => Next::Load(ticket, Some(self)),
            Err(next) => next,
        }
    }

    /// Stores `entry`, which nobody loaded.
    pub(crate) async fn put(mut self: Box<Self>, entry: Entry) {
        let Self { cache, group, .. } = &*self;
        let ticket = cache.flights.supersede(&self.key, || cache.generations.of(*group));
        if let Ok(ticket) = self.supersede(ticket).await {
            self.deliver(ticket, entry).await;
        }
    }

    fn hit(&self, entry: Entry) -> Next {
        if self.missed {
            self.cache.counters.coalesced.add(1);
        } else {
            self.cache.counters.remote_hit(entry.load_nanos());
        }
        Next::Take(Outcome::Value(entry))
    }

    /// Each call is one miss at most, however often it looks.
    fn miss(&mut self) {
        if !std::mem::replace(&mut self.missed, true) {
            self.cache.counters.misses.add(1);
        }
    }

    /// What memory has while the remote tier is out of reach.
    fn look_in_memory(&self) -> Option<Next> {
        let entry = self.cache.fallback(&self.key).filter(self.bytes.fits)?;
        if !self.missed {
            self.cache.count_hit(&entry);
        }
        // Others may have joined who can see what has changed elsewhere since.
        Some(Next::Take(Outcome::Found(entry, self.began)))
    }

    async fn lead(
        mut self: Box<Self>,
        ticket: Ticket<Outcome>,
        stored: IfStored,
        out_of_reach: bool,
    ) -> Next {
        // A flight may have landed between the look and the boarding. In reach, the remote tier tells.
        if out_of_reach && let Some(hit) = self.look_in_memory() {
            if let Next::Take(outcome) = &hit {
                ticket.land(outcome.clone(), || ());
            }
            return hit;
        }
        let how = self.how(stored);
        match self.ask(ticket, how).await {
            Leave::Load(ticket) => {
                self.miss();
                Next::Load(ticket, Some(self))
            }
            Leave::Found(entry) => self.hit(entry),
        }
    }

    async fn follow(mut self: Box<Self>, mut follower: Follower<Outcome>) -> Next {
        self.miss();
        // What was seen before the wait may be over.
        self.seen = None;
        match self.cache.wait(&mut follower).await {
            // The key may have been invalidated between that look and this call.
            Some(Turn::Landed(Outcome::Found(_, at))) if at < self.began => self.seek_again().await,
            Some(Turn::Landed(outcome)) => {
                self.cache.counters.coalesced.add(1);
                Next::Take(outcome)
            }
            Some(Turn::Load(ticket)) => match self.ask(ticket, self.how(IfStored::ReturnIt)).await {
                Leave::Load(ticket) => Next::Load(ticket, Some(self)),
                Leave::Found(entry) => self.hit(entry),
            },
            None => Next::Bypass,
        }
    }

    fn seek_again(self: Box<Self>) -> Pin<Box<dyn Future<Output = Next> + Send>> {
        Box::pin(self.seek())
    }

    fn out_of_reach(&self, why: Reason) {
        self.cache.counters.unavailable.add(1);
        observe::fallback(why.as_str());
    }

    fn shared(&self) -> &Shared {
        self.cache.shared.as_ref().expect("a trip is made for shared caches only")
    }

    fn tier(&self) -> &dyn RemoteTier {
        &*self.shared().remote.tier
    }
}
