//! One call's way to the remote tier and back, beyond a miss in memory.
//!
//! It reads downwards: look for a stored value; without one, board the key's flight in this process; as its leader ask for leave to
//! load, which may mean to wait for another process; after the load bring the value. Each step has an answer for a tier that is
//! out of reach, and all of them share one budget of time.

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use tracing::Instrument as _;

use super::{AtLast, Cache, Next, Outcome, Shared};
use crate::{
    entry::{Entry, Facts},
    flight::{Boarding, Follower, Origin, Relation, Ticket, Turn},
    front::Seat,
    generations::Group,
    key::{Key, StoredKey},
    last_rites, load, observe,
    policy::Policy,
    remote::{
        Begin, Begun, Budget, Content, Filled, Grant, Incoming, Mark, Outgoing, RemoteKey, Seen, Unavailable,
    },
    telemetry,
    timeline::{Age, Lifetimes, Timeline},
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
    grant: Option<Grant>,
    /// It is counted as a miss.
    missed: bool,
    /// Other nodes hold something older, if this call stores.
    announce: bool,
}

/// From when on changes would have been noticed: what is found is no newer.
#[derive(Clone, Copy)]
struct Vantage {
    at: Instant,
    /// Of the key's group in this process.
    generation: u64,
}

/// What a look at the remote tier shows.
enum Sight {
    /// A value, fresh.
    Value(Entry),
    /// None, or none that can be used.
    Nothing {
        mark: Mark,
        vantage: Vantage,
        /// Whether one that comes later is worth looking at.
        accept: bool,
    },
    OutOfReach,
}

/// What a leader is told.
enum Leave {
    Load(Ticket<Outcome>),
    /// A value has come meanwhile.
    Found(Entry),
}

/// Whether memory keeps a value that was loaded, after the remote tier had its say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    No,
    Yes,
    /// For the outage ttl.
    Briefly,
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
            announce: false,
            cache,
        }))
    }

    pub(crate) fn group(&self) -> Group {
        self.group
    }

    /// An answer for a call that memory has none for, or the leave to load one.
    pub(crate) async fn seek(mut self: Box<Self>) -> Next {
        let (mark, accept) = match self.look().await {
            Sight::Value(entry) => return self.hit(entry),
            Sight::Nothing { mark, vantage, accept } => {
                self.seen = mark.generation.map(|generation| (generation, vantage));
                (Some(mark), accept)
            }
            Sight::OutOfReach => match self.look_in_memory() {
                Some(hit) => return hit,
                None => (None, true),
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
            Boarding::Lead(ticket) => Box::pin(self.lead(ticket, accept, mark.is_none())).await,
            Boarding::Follow(follower) => Box::pin(self.follow(follower)).await,
        }
    }

    /// The fresh value that is stored remotely; in reach or not, nothing is loaded.
    pub(crate) async fn peek(mut self: Box<Self>) -> Option<Entry> {
        match self.look().await {
            Sight::Value(entry) => Some(entry),
            Sight::Nothing { .. } => None,
            Sight::OutOfReach => self.cache.fallback(&self.key),
        }
    }

    /// As [`peek`](Self::peek), and counted.
    pub(crate) async fn get(mut self: Box<Self>) -> Option<Entry> {
        let cache = Arc::clone(&self.cache);
        match self.look().await {
            Sight::Value(entry) => {
                cache.counters.remote_hit(entry.load_nanos());
                Some(entry)
            }
            Sight::Nothing { .. } => cache.miss(),
            Sight::OutOfReach => match cache.fallback(&self.key) {
                Some(entry) => {
                    cache.count_hit(&entry);
                    Some(entry)
                }
                None => cache.miss(),
            },
        }
    }

    /// Leave to load whatever is stored or loading: what began before stores nothing any more.
    pub(crate) async fn refresh(mut self: Box<Self>) -> Next {
        let cache = Arc::clone(&self.cache);
        let ticket = cache.begin_refresh(&self.key, self.group);
        match self.supersede(ticket).await {
            Ok(ticket) => Next::Load(ticket, Some(self)),
            Err(next) => next,
        }
    }

    /// Stores `entry`, which nobody loaded.
    pub(crate) async fn put(mut self: Box<Self>, entry: Entry) {
        let cache = Arc::clone(&self.cache);
        let ticket = cache.flights.supersede(&self.key, || cache.generations.of(self.group));
        if let Ok(ticket) = self.supersede(ticket).await {
            self.deliver(ticket, entry).await;
        }
    }

    async fn supersede(&mut self, ticket: Ticket<Outcome>) -> Result<Ticket<Outcome>, Next> {
        self.announce = true;
        match self.ask(ticket, Begin { generation: None, lease: false, supersede: true, accept: false }).await
        {
            Leave::Load(ticket) => Ok(ticket),
            Leave::Found(entry) => Err(Next::Take(Outcome::Value(entry))),
        }
    }

    /// To be asked for before the remote tier is.
    fn vantage(&self) -> Vantage {
        Vantage { at: Instant::now(), generation: self.cache.generations.of(self.group) }
    }

    fn shared(&self) -> &Shared {
        self.cache.shared.as_ref().expect("a trip is made for shared caches only")
    }

    /// Asks the remote tier for the value. A tiered cache keeps it in memory.
    async fn look(&mut self) -> Sight {
        let seat = self.cache.front.seat(&self.key);
        let vantage = self.vantage();
        let Self { cache, remote, budget, .. } = self;
        let tier = &cache.shared.as_ref().expect("as in `shared`").remote.tier;
        let span = telemetry::get_span(cache.site.name);
        let seen = budget.spend(|left| tier.read(remote, left)).instrument(span.clone()).await;
        let sight = match seen {
            Ok(Seen { content: Content::Absent, mark }) => Sight::Nothing { mark, vantage, accept: true },
            Ok(Seen { content: Content::Value(incoming), mark }) => {
                match self.open(&incoming, vantage.generation) {
                    Some(entry) => {
                        self.admit(&seat, &entry);
                        Sight::Value(entry)
                    }
                    None => Sight::Nothing { mark, vantage, accept: false },
                }
            }
            Ok(Seen { content: Content::Unreadable(_), mark }) => {
                self.cache.counters.unreadable.add(1);
                Sight::Nothing { mark, vantage, accept: false }
            }
            Err(why) => {
                self.out_of_reach(why);
                Sight::OutOfReach
            }
        };
        telemetry::saw(&span, matches!(sight, Sight::Value(_)));
        sight
    }

    /// The entry of a stored value, if it can be read and is fresh. Its life is what the writer gave it, less its age.
    fn open(&self, incoming: &Incoming, generation: u64) -> Option<Entry> {
        let clock = &self.cache.clock;
        let age = if clock.is_system() {
            incoming.age
        } else {
            // A test's clock says how old the value is.
            clock.date().duration_since(incoming.written).unwrap_or_default()
        };
        let now = clock.now();
        let timeline = Timeline::of(self.limited(incoming.lifetimes.after(age)), now);
        let facts = Facts { timeline, generation, group: self.group, load_time: incoming.load_time };
        if timeline.age(now) != Age::Fresh {
            return None;
        }
        let entry =
            (self.bytes.read)(StoredKey::from(&self.key), incoming.codec, incoming.payload(), facts).ok();
        self.cache.counters.unreadable.add(u64::from(entry.is_none()));
        entry
    }

    /// Keeps a value from the remote tier in memory, unless something happened to the key since the `seat` was taken.
    fn admit(&self, seat: &Seat, entry: &Entry) {
        if self.shared().tiered {
            self.cache.admit(seat, entry.clone());
        }
    }

    /// As long as nobody tells this node what changes elsewhere, no value lives longer than the outage ttl.
    fn limited(&self, lifetimes: Lifetimes) -> Lifetimes {
        if self.shared().remote.tier.hears() {
            lifetimes
        } else {
            lifetimes.at_most(self.shared().remote.outage_ttl)
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

    async fn lead(mut self: Box<Self>, ticket: Ticket<Outcome>, accept: bool, out_of_reach: bool) -> Next {
        // A flight may have landed between the look and the boarding. In reach, the remote tier tells.
        if out_of_reach && let Some(hit) = self.look_in_memory() {
            if let Next::Take(outcome) = &hit {
                ticket.land(outcome.clone(), || ());
            }
            return hit;
        }
        let how = self.how(accept);
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
            Some(Turn::Load(ticket)) => match self.ask(ticket, self.how(true)).await {
                Leave::Load(ticket) => Next::Load(ticket, Some(self)),
                Leave::Found(entry) => self.hit(entry),
            },
            None => Next::Bypass,
        }
    }

    fn seek_again(self: Box<Self>) -> Pin<Box<dyn Future<Output = Next> + Send>> {
        Box::pin(self.seek())
    }

    fn how(&self, accept: bool) -> Begin {
        let generation = self.seen.map(|(generation, _)| generation);
        Begin { generation, lease: self.cache.policy.get().lease, supersede: false, accept }
    }

    /// Asks for leave to load until there is an answer. Another process's load is waited for as long as a follower waits.
    async fn ask(&mut self, ticket: Ticket<Outcome>, mut how: Begin) -> Leave {
        let patience = self.cache.clock.now() + self.cache.flight_wait();
        loop {
            // Whoever has cleared the cache since the look is not seen by who asks with what that showed.
            let vantage = self.seen.map_or_else(|| self.vantage(), |(_, vantage)| vantage);
            let Self { cache, remote, budget, .. } = self;
            let tier = &cache.shared.as_ref().expect("as in `shared`").remote.tier;
            match budget.spend(|left| tier.begin(remote, how, left)).await {
                Ok(Begun::Granted(grant)) => {
                    ticket.depart(Origin { began: Instant::now(), mark: Some(grant.mark) });
                    self.grant = Some(grant);
                    return Leave::Load(ticket);
                }
                Ok(Begun::Found(incoming)) => match self.open(&incoming, vantage.generation) {
                    Some(entry) => {
                        self.land_found(ticket, &entry, vantage.at);
                        return Leave::Found(entry);
                    }
                    None => how.accept = false,
                },
                Ok(Begun::Busy(again)) => {
                    let left = patience.since(cache.clock.now());
                    how.lease = !left.is_zero() && cache.clock.timeout(left, again).await.is_some();
                    (self.seen, how.accept, how.generation) = (None, true, None);
                }
                Err(why) => {
                    self.out_of_reach(why);
                    ticket.depart(Origin { began: Instant::now(), mark: None });
                    return Leave::Load(ticket);
                }
            }
        }
    }

    /// Answers everybody who waits by a value from another process's load.
    fn land_found(&self, ticket: Ticket<Outcome>, entry: &Entry, at: Instant) {
        let store = || {
            if self.shared().tiered {
                self.cache.keep(entry.clone());
            }
        };
        last_rites::after(|| ticket.land(Outcome::Found(entry.clone(), at), store));
    }

    /// Brings `entry` to the remote tier, and then to memory and to all who wait for it.
    pub(crate) async fn deliver(mut self: Box<Self>, ticket: Ticket<Outcome>, entry: Entry) {
        let lifetimes = Lifetimes::fresh(self.cache.policy.get().jittered_ttl());
        let keep = {
            let cache = Arc::clone(&self.cache);
            // Whatever comes of it, and also when the caller goes away: memory does not go on with what was to be replaced.
            let _after = self.announce.then(|| AtLast(|| cache.forget(entry.key())));
            self.fill(&entry, lifetimes).await
        };
        let lifetimes = match keep {
            Keep::Briefly => lifetimes.at_most(self.shared().remote.outage_ttl),
            Keep::Yes | Keep::No => self.limited(lifetimes),
        };
        let entry = entry.with_timeline(Timeline::of(lifetimes, self.cache.clock.now()));
        let store = || match keep {
            Keep::Yes => self.cache.keep(entry.clone()),
            Keep::Briefly => self.cache.store(entry.clone()),
            Keep::No => {}
        };
        last_rites::after(|| ticket.land(Outcome::Value(entry.clone()), store));
    }

    async fn fill(&mut self, entry: &Entry, lifetimes: Lifetimes) -> Keep {
        let (tiered, outage) = (self.shared().tiered, self.shared().keeps_in_outage());
        let in_outage = if outage { Keep::Briefly } else { Keep::No };
        let Some(grant) = self.grant.take() else {
            self.undo().await;
            return in_outage;
        };
        let value = self.outgoing(entry, lifetimes);
        let (sent, announce) = (value.is_some(), self.announce);
        let Self { cache, remote, budget, .. } = self;
        let tier = &cache.shared.as_ref().expect("as in `shared`").remote.tier;
        let counters = &cache.counters;
        match budget.spend(|left| tier.fill(remote, grant, value, announce, left)).await {
            Ok(Filled::Stored) => {
                counters.puts.add(u64::from(sent));
                if tiered { Keep::Yes } else { Keep::No }
            }
            Ok(Filled::Fenced) => {
                counters.fenced.add(1);
                Keep::No
            }
            Ok(Filled::Refused(why)) => {
                observe::fallback(why);
                if tiered { Keep::Briefly } else { Keep::No }
            }
            Err(why) => {
                self.out_of_reach(why);
                self.undo().await;
                in_outage
            }
        }
    }

    /// The value cannot be stored. One that it was to replace becomes unreadable, now or as soon as the remote tier is in reach.
    async fn undo(&self) {
        if !self.announce {
            return;
        }
        let Self { cache, remote, budget, .. } = self;
        let tier = &cache.shared.as_ref().expect("as in `shared`").remote.tier;
        // What cannot be done in the time that is left is noted.
        let _ = tier.invalidate(std::slice::from_ref(remote), budget.left()).await;
    }

    /// The value as bytes; `None` when it cannot be written so, or is larger than the remote tier is to hold.
    fn outgoing(&self, entry: &Entry, lifetimes: Lifetimes) -> Option<Outgoing> {
        let Policy { codec, max_value_size, .. } = self.cache.policy.get();
        let payload = (self.bytes.write)(entry, codec).ok();
        let fits = payload.filter(|payload| payload.len() as u64 <= max_value_size);
        self.cache.counters.oversized.add(u64::from(fits.is_none()));
        fits.map(|payload| Outgoing {
            payload,
            codec,
            lifetimes,
            written: self.cache.clock.date(),
            load_time: entry.load_time(),
        })
    }

    fn out_of_reach(&self, Unavailable(why): Unavailable) {
        self.cache.counters.unavailable.add(1);
        observe::fallback(why);
    }
}
