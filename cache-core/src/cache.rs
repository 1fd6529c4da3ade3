//! One call site's cache in one registry: its memory, its flights and its counters. It knows keys and entries, no types.

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicU64,
            Ordering::{Acquire, Release},
        },
    },
    time::Duration,
};

use crate::{
    clock::{Clock, Moment},
    entry::{Entry, Facts},
    flight::{Boarding, Flights, Follower, Ticket, Turn},
    front::Front,
    housekeeping,
    invalidation::Invalidation,
    key::{Key, StoredKey},
    last_rites, load,
    memory::{self, DropCause, MemoryOptions, MemoryTier},
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
    pub(crate) policy: Policy,
    clock: Clock,
    front: Front,
    memory: Arc<dyn MemoryTier>,
    flights: Arc<Flights<Outcome>>,
    pub(crate) counters: Arc<Counters>,
    /// Moved by `clear`: entries of another generation are not read.
    generation: AtomicU64,
}

/// What a load came to, as its followers share it.
#[derive(Clone)]
pub(crate) enum Outcome {
    Value(Entry),
    Error(AnyError),
}

/// What a caller who missed does next.
pub(crate) enum Next {
    /// Run the function, and land the ticket with what it returns.
    Load(Ticket<Outcome>),
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
    pub(crate) fn new(site: &'static Site, policy: Policy, clock: Clock) -> Self {
        let counters = Arc::<Counters>::default();
        let memory = memory::open(MemoryOptions {
            capacity: policy.capacity,
            ttl: policy.ttl.filter(|_| clock.is_system()),
            on_drop: Arc::new({
                let (counters, clock) = (Arc::clone(&counters), clock.clone());
                move |entry, cause| count_drop(&counters, &clock, entry, cause)
            }),
        });
        let flights = Arc::new(Flights::new(FLIGHT_SHARDS));
        Self {
            site,
            policy,
            clock,
            front: Front::new(),
            memory,
            flights,
            counters,
            generation: AtomicU64::new(0),
        }
    }

    /// A call was answered by `entry`.
    #[inline]
    pub(crate) fn count_hit(&self, entry: &Entry) {
        self.counters.hit(entry.load_nanos());
    }

    /// The fresh entry of `key`.
    #[inline]
    pub(crate) fn peek(&self, key: &Key) -> Option<Entry> {
        let entry = self.find(key)?;
        let readable = entry.generation() == self.generation() && entry.age(self.clock.now()) == Age::Fresh;
        readable.then_some(entry)
    }

    /// The entry of `key`, whatever its age: from this thread's front, else from memory.
    #[inline]
    fn find(&self, key: &Key) -> Option<Entry> {
        let seat = self.front.seat(key);
        if let Some(entry) = seat.entry(key, |entry| housekeeping::report_popular(&self.memory, entry)) {
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
        match self.flights.board(key, || self.generation(), load::is_within) {
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
        Next::Load(ticket)
    }

    /// Waits for the flight, for a bounded time, and then for the leave to load. Dropping the future leaves the flight.
    pub(crate) async fn follow(self: Arc<Self>, mut follower: Follower<Outcome>) -> Next {
        let in_time = self.clock.timeout(self.flight_wait(), follower.turn()).await;
        let turn = if let Some(turn) = in_time {
            turn
        } else {
            follower.lose_patience();
            follower.turn().await
        };
        match turn {
            Some(Turn::Load(ticket)) => Next::Load(ticket),
            Some(Turn::Landed(outcome)) => {
                self.counters.coalesced.add(1);
                Next::Take(outcome)
            }
            None => Next::Bypass,
        }
    }

    /// How long a follower waits before it loads for itself.
    fn flight_wait(&self) -> Duration {
        FLIGHT_WAIT.max(self.counters.mean_load_time().saturating_mul(FLIGHT_WAIT_LOADS))
    }

    /// The right to load `key` whatever is stored or loading: what began before stores nothing any more.
    pub(crate) fn begin_refresh(&self, key: &Key) -> Ticket<Outcome> {
        self.counters.refreshes.add(1);
        self.flights.supersede(key, || self.generation())
    }

    /// Stores a value that nobody loaded. Loads that run store nothing after it.
    pub(crate) fn put(&self, key: &Key, wrap: impl FnOnce(StoredKey, Facts) -> Entry) {
        let key = StoredKey::from(key);
        let entry = wrap(key.clone(), self.facts(self.generation(), Duration::ZERO));
        last_rites::after(|| self.flights.fence(&key, || self.store(entry)));
    }

    /// Makes `key` unreadable, also for loads that run.
    pub(crate) fn invalidate(&self, key: &StoredKey) -> Invalidation {
        let remove = || {
            self.memory.remove(key);
            self.front.changed(key.hash64());
        };
        last_rites::after(|| self.flights.fence(key, remove));
        self.counters.invalidated_keys.add(1);
        Invalidation::Local
    }

    /// Makes all keys unreadable, also for loads that run.
    pub(crate) fn clear(&self) -> Invalidation {
        // First the generation: a load that begins from here on may store, and what began before is unreadable.
        self.generation.fetch_add(1, Release);
        self.flights.fence_all();
        last_rites::after(|| self.memory.clear());
        self.counters.clears.add(1);
        Invalidation::Local
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot(last_rites::after(|| self.memory.entries()))
    }

    pub(crate) fn store(&self, entry: Entry) {
        let hash = entry.key().hash64();
        self.memory.insert(entry);
        self.front.changed(hash);
        self.counters.puts.add(1);
    }

    pub(crate) fn facts(&self, generation: u64, load_time: Duration) -> Facts {
        let timeline = Timeline::fresh(self.clock.now(), self.policy.jittered_ttl());
        Facts { timeline, generation, load_time }
    }

    /// To the nanosecond.
    pub(crate) fn now(&self) -> Moment {
        self.clock.precise()
    }

    #[inline]
    fn generation(&self) -> u64 {
        self.generation.load(Acquire)
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
