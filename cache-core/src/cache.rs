//! One call site's cache in one registry: its memory, its flights and its counters. It knows keys and entries, no types.

mod live;
mod memory;
mod shared;
mod trip;

use live::LivePolicy;
use memory::{Memory, Shape};
pub(crate) use shared::{AtLast, Remote, Shared};
pub(crate) use trip::Trip;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    clock::{Clock, Moment},
    entry::{Entry, Facts},
    flight::{Boarding, Flights, Follower, Relation, Ticket, Turn},
    front::{Front, Seat},
    generations::{Generations, Group},
    housekeeping,
    invalidation::Invalidation,
    key::{Key, StoredKey},
    last_rites, load,
    memory::DropCause,
    policy::{FLIGHT_WAIT, FLIGHT_WAIT_LOADS, Policy},
    returns::AnyError,
    site::Site,
    stats::{Counters, Stats},
    timeline::{Age, Timeline},
};

/// Parts of the flight table, so that misses of different keys seldom meet at a lock.
const FLIGHT_SHARDS: usize = 16;

pub(crate) struct Cache {
    pub(crate) site: &'static Site,
    pub(crate) policy: LivePolicy,
    clock: Clock,
    front: Front,
    memory: Memory,
    flights: Arc<Flights<Outcome>>,
    pub(crate) counters: Arc<Counters>,
    /// Entries of another generation are not read.
    generations: Generations,
    /// `None` for a cache of this process alone.
    pub(crate) shared: Option<Shared>,
}

/// What a load came to, as its followers share it.
#[derive(Clone)]
pub(crate) enum Outcome {
    Value(Entry),
    /// Not loaded but found, as it was at some time after this moment.
    Found(Entry, Instant),
    Error(AnyError),
}

/// What a caller who missed does next.
pub(crate) enum Next {
    /// Run the function, and land the ticket with what it returns; by way of the remote tier, if there is a trip.
    Load(Ticket<Outcome>, Option<Box<Trip>>),
    /// Take what another's load came to.
    Take(Outcome),
    /// Run the function as if it were not cached: the caller is inside the load of this very key.
    Bypass,
}

/// How a caller who missed got on.
pub(crate) enum Boarded {
    /// It need not wait.
    Now(Next),
    /// It waits, by [`Cache::follow`].
    Waiting(Follower<Outcome>),
}

impl Cache {
    pub(crate) fn new(site: &'static Site, policy: Policy, clock: Clock, shared: Option<Shared>) -> Self {
        let counters = Arc::<Counters>::default();
        let shape = Shape { capacity: policy.capacity, ttl: policy.ttl };
        let memory = Memory::open(shape, &counters, &clock);
        let flights = Arc::new(Flights::new(FLIGHT_SHARDS));
        let generations =
            if shared.is_some() { Generations::shared(policy.capacity) } else { Generations::own() };
        let policy = LivePolicy::new(policy);
        Self { site, policy, clock, front: Front::new(), memory, flights, counters, generations, shared }
    }

    /// A call was answered by `entry`.
    #[inline]
    pub(crate) fn count_hit(&self, entry: &Entry) {
        self.counters.hit(entry.load_nanos());
    }

    /// A call was answered by nothing, and will not load.
    pub(crate) fn miss(&self) -> Option<Entry> {
        self.counters.misses.add(1);
        None
    }

    /// The fresh entry of `key` in memory, where memory may answer before the remote tier is asked.
    #[inline]
    pub(crate) fn look(&self, key: &Key) -> Option<Entry> {
        match &self.shared {
            Some(shared) if !shared.tiered => None,
            _ => self.peek(key),
        }
    }

    /// What memory has for `key` while the remote tier is out of reach.
    pub(crate) fn fallback(&self, key: &Key) -> Option<Entry> {
        self.shared.as_ref().is_some_and(Shared::keeps_in_outage).then(|| self.peek(key)).flatten()
    }

    /// The fresh entry of `key` in memory.
    #[inline]
    pub(crate) fn peek(&self, key: &Key) -> Option<Entry> {
        let entry = self.find(key)?;
        let now = self.clock.now();
        if let Some(shared) = &self.shared
            && !shared.is_trusted(now)
        {
            self.end_trust();
        }
        let readable =
            entry.generation() == self.generations.of(entry.group()) && entry.age(now) == Age::Fresh;
        readable.then_some(entry)
    }

    /// The entry of `key`, whatever its age: from this thread's front, else from memory.
    #[inline]
    fn find(&self, key: &Key) -> Option<Entry> {
        let seat = self.front.seat(key);
        if let Some(entry) = seat.entry(key, |entry| housekeeping::report_popular(self.memory.weak(), entry))
        {
            return Some(entry);
        }
        let entry = last_rites::after(|| self.memory.get(key))?;
        seat.offer(&entry);
        Some(entry)
    }

    /// After a miss: joins the flight of `key`.
    ///
    /// `fits` tells whether an entry is of the caller's type; one that is not is as good as absent. (Two types can have one
    /// name, so that the key cannot tell them apart.)
    pub(crate) fn board(&self, key: &Key, fits: impl Fn(&Entry) -> bool) -> Boarded {
        let relate = |flight, _| if load::is_within(flight) { Relation::Own } else { Relation::Current };
        match self.flights.board(key, || self.generations.of(Group::default()), relate) {
            Boarding::Own => Boarded::Now(Next::Bypass),
            Boarding::Lead(ticket) => Boarded::Now(self.lead(key, ticket, fits)),
            Boarding::Follow(follower) => {
                self.counters.misses.add(1);
                Boarded::Waiting(follower)
            }
        }
    }

    /// Leads, unless a flight landed between the caller's look at memory and its boarding.
    fn lead(&self, key: &Key, ticket: Ticket<Outcome>, fits: impl Fn(&Entry) -> bool) -> Next {
        if let Some(entry) = self.peek(key).filter(fits) {
            self.count_hit(&entry);
            let outcome = Outcome::Value(entry);
            ticket.land(outcome.clone(), || ());
            return Next::Take(outcome);
        }
        self.counters.misses.add(1);
        Next::Load(ticket, None)
    }

    /// Waits for the flight. Dropping the future leaves it.
    pub(crate) async fn follow(self: Arc<Self>, mut follower: Follower<Outcome>) -> Next {
        match self.wait(&mut follower).await {
            Some(Turn::Load(ticket)) => Next::Load(ticket, None),
            Some(Turn::Landed(outcome)) => {
                self.counters.coalesced.add(1);
                Next::Take(outcome)
            }
            None => Next::Bypass,
        }
    }

    /// Waits for the flight, for a bounded time, and then for the leave to load.
    async fn wait(&self, follower: &mut Follower<Outcome>) -> Option<Turn<Outcome>> {
        let in_time = self.clock.timeout(self.flight_wait(), follower.turn()).await;
        if let Some(turn) = in_time {
            return turn;
        }
        follower.lose_patience();
        follower.turn().await
    }

    /// How long a follower waits before it loads for itself.
    fn flight_wait(&self) -> Duration {
        FLIGHT_WAIT.max(self.counters.mean_load_time().saturating_mul(FLIGHT_WAIT_LOADS))
    }

    /// The right to load `key` whatever is stored or loading: what began before stores nothing any more.
    pub(crate) fn begin_refresh(&self, key: &Key, group: Group) -> Ticket<Outcome> {
        self.counters.refreshes.add(1);
        self.flights.supersede(key, || self.generations.of(group))
    }

    /// Stores a value that nobody loaded. Loads that run store nothing after it.
    pub(crate) fn put(&self, entry: Entry) {
        let key = entry.key().clone();
        last_rites::after(|| self.flights.fence(&key, || self.store(entry)));
    }

    /// Makes `key` unreadable, also for loads that run.
    pub(crate) async fn invalidate(&self, key: &Key) -> Invalidation {
        self.counters.invalidated_keys.add(1);
        let stored = StoredKey::from(key);
        self.drop_key(&stored);
        let Some(shared) = &self.shared else { return Invalidation::Local };
        let remote = [shared.key(shared.digest(key))];
        // Once more, also when the caller goes away: a call in between may have read the value from the server before it was
        // gone there.
        let _after = AtLast(|| self.drop_key(&stored));
        Invalidation::of(shared.remote.tier.invalidate(&remote, shared.remote.deadline).await)
    }

    /// Makes all keys unreadable here, also for loads that run.
    pub(crate) fn clear(&self) {
        self.drop_all();
        self.counters.clears.add(1);
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot(last_rites::after(|| self.memory.entries()))
    }

    /// Keeps a value that was loaded or put.
    pub(crate) fn store(&self, entry: Entry) {
        self.keep(entry);
        self.counters.puts.add(1);
    }

    /// Keeps a value that another tier has already.
    fn keep(&self, entry: Entry) {
        let hash = entry.key().hash64();
        self.memory.insert(entry);
        self.front.changed(hash);
    }

    /// Keeps a value that was read elsewhere, unless memory has changed for its key since the `seat` was taken.
    fn admit(&self, seat: &Seat, entry: Entry) {
        let key = entry.key().clone();
        let keep = || {
            if self.front.is_current(seat) {
                self.keep(entry);
            }
        };
        last_rites::after(|| self.flights.locked(&key, keep));
    }

    /// What is known of a value that is stored now.
    pub(crate) fn facts(&self, generation: u64, group: Group, load_time: Duration) -> Facts {
        let timeline = Timeline::fresh(self.clock.now(), self.policy.get().jittered_ttl());
        Facts { timeline, generation, group, load_time }
    }

    /// What is known of a value for `key` that nobody loaded.
    pub(crate) fn facts_of_put(&self, key: &Key) -> Facts {
        let group = self.group(key);
        self.facts(self.generations.of(group), group, Duration::ZERO)
    }

    pub(crate) fn group(&self, key: &Key) -> Group {
        self.shared.as_ref().map_or_else(Group::default, |shared| self.generations.group(&shared.digest(key)))
    }

    /// To the nanosecond.
    pub(crate) fn now(&self) -> Moment {
        self.clock.precise()
    }
}

/// Counts an entry that left by itself. One that was replaced after its end had expired: only nobody had come by.
fn count_drop(counters: &Counters, clock: &Clock, entry: &Entry, cause: DropCause) {
    match cause {
        DropCause::Expired => counters.expired.add(1),
        DropCause::Size => counters.evicted_for_size.add(1),
        DropCause::Replaced if entry.age(clock.now()) == Age::Gone => counters.expired.add(1),
        DropCause::Replaced => {}
    }
}
