//! One call site's cache in one registry: its memory, its flights and its counters. It knows keys
//! and entries, not types, and decides nothing: calls do, in `read`.

mod background;
mod declined;
mod hit;
mod instances;
mod kept_errors;
mod live_policy;
mod retries;
mod shared;
mod stale_since;
#[cfg(test)]
mod tests;
mod tidy;
mod trust;
mod unstored;

use background::Background;
use declined::Declined;
pub(crate) use hit::{Glance, Unanswered};
pub(crate) use kept_errors::KeptError;
use live_policy::LivePolicy;
pub(crate) use retries::{Due, Retries};
pub(crate) use shared::{Remote, Shared};
use stale_since::StaleSince;
pub(crate) use tidy::{TOO_LARGE_FOR_MEMORY, tidy_when_open};

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tracing::warn;

use crate::{
    clock::Clock,
    deciding::Decision,
    ending::Ending,
    entry::{Entry, Facts, Head},
    flight::Flights,
    generations::{Generations, Group},
    guarded,
    key::{Key, StoredKey},
    memory::{Left, Lookup, Memory, Together},
    money::Spent,
    observe::{BatchSizes, Counters, Resource, Resources, StaleReason, Stats},
    policy::{FLIGHT_WAIT_MAX, FLIGHT_WAIT_MAX_LOADS, MAX_OWN_LOADS, Policy},
    returns::AnyError,
    site::Site,
    spending::{BudgetReport, Spending},
    tag::Cells,
    timeline::{Lifetimes, Timeline},
    weigh::Weigh,
};

/// The way out for a cost that is negative or not a number.
pub(crate) const WRONG_COST: &str =
    "it counts as nothing; let `cost` and `failed_cost` return what the load has cost";

/// Shards of the flight table, so that misses of different keys seldom meet at a lock.
const FLIGHT_SHARDS: usize = 16;

/// One call site's cache in one registry.
pub(crate) struct Cache {
    pub(crate) site: &'static Site,
    pub(crate) policy: LivePolicy,
    pub(crate) clock: Clock,
    pub(crate) flights: Flights<Outcome>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) batch_sizes: BatchSizes,
    /// The loads that run in tasks of their own.
    pub(crate) background: Background,
    /// The keys that wait after a failed load.
    pub(crate) retries: Retries,
    stale_since: StaleSince,
    /// The budget, and the part of it that loads have spent.
    pub(crate) spending: Spending,
    /// Entries of another generation are not read.
    pub(crate) generations: Generations,
    /// Keys whose callers load side by side.
    declined: Declined,
    /// Those of the registry.
    pub(crate) tags: Arc<Cells>,
    /// `None` for a cache of this process alone.
    pub(crate) shared: Option<Shared>,
    memory: Memory,
    weigh: Option<Weigh>,
    /// `true` when it is to be told that a value is too large for memory.
    untold: AtomicBool,
}

/// The outcome of a load, as its followers share it.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// The loaded value.
    Value(Entry),
    /// A value that was not loaded but found, as it was at some time after this moment.
    Found(Entry, Instant),
    /// A value past its ttl, in place of one whose load has failed.
    Standby(Entry),
    /// The error of a failed load.
    Error(AnyError),
}

impl Outcome {
    /// Returns the entry; `None` for an error.
    pub(crate) fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Value(entry) | Self::Found(entry, _) | Self::Standby(entry) => Some(entry),
            Self::Error(_) => None,
        }
    }
}

/// A value that another one is to replace, as memory held it before.
pub(crate) struct Replaced {
    key: Key,
    entry: Entry,
}

impl Cache {
    pub(crate) fn new(
        site: &'static Site,
        policy: Policy,
        clock: Clock,
        shared: Option<Shared>,
        together: &Arc<Together>,
        tags: &Arc<Cells>,
    ) -> Self {
        let counters = Arc::<Counters>::default();
        let memory = Memory::open(&policy, shared.is_some(), &counters, &clock, together);
        let tags = Arc::clone(tags);
        Self::with_memory(site, policy, clock, shared, tags, counters, memory)
    }

    /// Creates a cache on a memory that is open.
    pub(crate) fn with_memory(
        site: &'static Site,
        policy: Policy,
        clock: Clock,
        shared: Option<Shared>,
        tags: Arc<Cells>,
        counters: Arc<Counters>,
        memory: Memory,
    ) -> Self {
        let generations = match shared {
            Some(_) => Generations::shared(policy.capacity),
            None => Generations::own(),
        };
        Self {
            site,
            policy: LivePolicy::new(policy),
            flights: Flights::new(FLIGHT_SHARDS, MAX_OWN_LOADS, clock.clone()),
            clock,
            counters,
            batch_sizes: BatchSizes::default(),
            background: Background::default(),
            retries: Retries::default(),
            stale_since: StaleSince::default(),
            spending: Spending::default(),
            generations,
            declined: Declined::default(),
            tags,
            shared,
            memory,
            weigh: (site.weigh)(),
            untold: AtomicBool::default(),
        }
    }

    /// Counts a call that a value past its ttl has served.
    pub(crate) fn stale_served(&self, reason: StaleReason) {
        self.counters.stale_served(reason);
        if reason != StaleReason::Stale {
            self.stale_since.begin(self.clock.now());
        }
    }

    /// Notes that a load has succeeded.
    pub(crate) fn load_succeeded(&self) {
        self.stale_since.end();
    }

    /// Notes a value from elsewhere: where it was written since this cache lives on old values, a
    /// load of another process has succeeded.
    pub(crate) fn found_elsewhere(&self, entry: &Entry) {
        if self.stale_for().is_some_and(|time| entry.time_since_written(self.clock.now()) < time) {
            self.stale_since.end();
        }
    }

    /// Returns the time for which the cache has lived on values past their ttl, because its loads
    /// fail or take too long.
    pub(crate) fn stale_for(&self) -> Option<Duration> {
        self.stale_since.time(self.clock.now())
    }

    /// Returns the entry of `key` in memory, whatever its age, where memory may answer before the
    /// remote tier is asked.
    pub(crate) fn at_hand(&self, key: &Key) -> Option<Entry> {
        self.held_at_hand(key).filter(|entry| self.stands(entry))
    }

    /// Returns the entry as [`at_hand`](Self::at_hand) does, though it may be invalid.
    #[inline]
    fn held_at_hand(&self, key: &Key) -> Option<Entry> {
        match &self.shared {
            Some(shared) if !shared.tiered => None,
            _ => self.held(key),
        }
    }

    /// Returns the entry with which memory may answer while the remote tier is out of reach,
    /// whatever its age.
    pub(crate) fn fallback(&self, key: &Key) -> Option<Entry> {
        self.shared.as_ref().filter(|shared| shared.keeps_in_outage()).and_then(|_| self.find(key))
    }

    /// Returns the entry of `key` in memory, if it is fresh and not due to be refreshed.
    pub(crate) fn settled(&self, key: &Key) -> Option<Entry> {
        self.find(key).filter(|entry| entry.is_settled(self.clock.now()))
    }

    /// Tells whether memory holds this very entry for `key`.
    pub(crate) fn holds(&self, key: &Key, entry: &Entry) -> bool {
        self.memory.get(key).is_some_and(|held| held.is(entry))
    }

    /// Returns the entry of `key` in memory, whatever its age, unless it is invalid.
    fn find(&self, key: &Key) -> Option<Entry> {
        self.held(key).filter(|entry| self.stands(entry))
    }

    /// Returns the entry of `key` in memory, whatever its age, though it may be invalid.
    #[inline]
    fn held(&self, key: &Key) -> Option<Entry> {
        let entry = self.memory.get(key)?;
        self.end_trust_if_over();
        Some(entry)
    }

    /// Tells whether `entry` is not invalid.
    fn stands(&self, entry: &Entry) -> bool {
        self.is_present(entry.head()) || self.is_valid_otherwise(entry)
    }

    /// Tells whether an entry without tags is of the present generation.
    #[inline]
    fn is_present(&self, Head { facts, .. }: &Head) -> bool {
        facts.generation == self.generations.of(facts.group)
    }

    /// Tells whether an entry with tags is of the present generation, and no tag has ended.
    #[inline(never)]
    fn is_present_with_tags(&self, entry: &Entry) -> bool {
        let generation = self.generations.of(entry.head().facts.group);
        entry.cache_generation() == generation && entry.tags_stand()
    }

    /// Tells whether an entry is valid that has tags, or has expired since its load began, with its
    /// group, its cache or a tag: then it expires.
    #[inline(never)]
    fn is_valid_otherwise(&self, entry: &Entry) -> bool {
        if self.is_present_with_tags(entry) {
            return true;
        }
        let is_valid = self.is_valid(entry);
        if is_valid {
            // Each time: it may have expired once more, and then a load that has failed holds nobody
            // off.
            entry.expire();
        }
        is_valid
    }

    /// Tells whether nothing has made `entry` invalid since its load began.
    pub(crate) fn is_valid(&self, entry: &Entry) -> bool {
        let group = entry.head().facts.group;
        self.generations.is_valid(entry.cache_generation(), group) && entry.tags_are_valid()
    }

    /// Returns the entry that memory holds for `key`, whatever has become of it, to somebody who
    /// looks from outside.
    pub(crate) fn look_at(&self, key: &Key) -> Option<Entry> {
        self.memory.look(key)
    }

    /// Stores a value and counts it. To be called under the lock of its key. Returns what left
    /// memory, to be dropped without the lock.
    pub(crate) fn store(&self, entry: Entry) -> Left {
        self.counters.puts.add(1);
        self.keep(entry)
    }

    /// Drops what is stored for `key`, in place of which a value came that is not to be stored. To
    /// be called under the lock of the key. Returns what left memory, to be dropped without the
    /// lock.
    pub(crate) fn drop_replaced(&self, key: &StoredKey) -> Left {
        self.memory.remove(key)
    }

    /// Stores a value that another tier has already. To be called under the lock of its key.
    /// Returns what left memory, to be dropped without the lock.
    pub(crate) fn keep(&self, entry: Entry) -> Left {
        if !self.memory.has_room_for(&entry) {
            let is_first = self.counters.too_large_for_memory();
            self.untold.fetch_or(is_first, Relaxed);
        }
        self.memory.insert(entry)
    }

    /// Notes the bytes of a new entry in it, where the site knows how. To be called without a lock:
    /// the code that weighs may be the user's.
    fn weighed(&self, entry: Entry) -> Entry {
        match self.weigh {
            Some(weigh) => entry.weighed(|entry| weighed_or_too_large(weigh, entry)),
            None => entry,
        }
    }

    /// Completes a new entry, whose value is fresh for `ttl` in all: notes its bytes, and from when
    /// it is refreshed. To be called without a lock, as [`weighed`](Self::weighed) is.
    pub(crate) fn completed(&self, entry: Entry, ttl: Option<Duration>) -> Entry {
        let entry = self.weighed(entry);
        let load_time = || match self.counters.mean_load_time() {
            Duration::ZERO => Duration::from_micros(entry.head().facts.spent.micros),
            mean => mean,
        };
        let window = |ttl| self.policy.with(|policy| policy.refresh_window(ttl, load_time()));
        match ttl.and_then(window) {
            Some(window) => {
                let at = entry.fresh_until().before(window);
                entry.refreshed_from(at)
            }
            None => entry,
        }
    }

    /// Begins a lookup of `key` elsewhere; [`admit`](Self::admit) ends it.
    pub(crate) fn lookup(&self, key: &Key) -> Lookup {
        self.memory.lookup(key)
    }

    /// Stores a value that was read elsewhere, unless memory has changed for its key since the
    /// lookup began.
    pub(crate) fn admit(&self, lookup: &Lookup, entry: &Entry) {
        let keep = || {
            let is_unchanged = self.memory.is_unchanged_since(lookup);
            is_unchanged.then(|| self.keep(entry.clone()))
        };
        drop(self.flights.locked(entry.key(), keep));
    }

    /// Removes `key` from memory. Loads that run go on.
    pub(crate) fn remove(&self, key: &StoredKey) {
        drop(self.flights.locked(key, || self.memory.remove(key)));
    }

    /// Returns the value that another one is to replace, where no other tier has it.
    pub(crate) fn to_replace(&self, key: &Key) -> Option<Box<Replaced>> {
        let entry = if self.shared.is_none() { self.memory.look(key) } else { None };
        entry.map(|entry| Box::new(Replaced { key: key.clone(), entry }))
    }

    /// Drops what was to be replaced by a value that something has fenced off: it is older than both,
    /// so it serves nobody any more, not even when a load fails.
    pub(crate) fn drop_older(&self, replaced: &Replaced) {
        let Replaced { key, entry } = replaced;
        let drop_it = || self.memory.remove_if_held(key, entry);
        drop(self.flights.locked(entry.key(), drop_it));
    }

    /// Makes `key` invalid in this process, also for loads that run.
    pub(crate) fn drop_key(&self, key: &StoredKey) {
        drop(self.flights.fence(key, || self.memory.remove(key)));
        self.retries.forget(key);
    }

    /// Makes the value of `key` expire in this process. Loads that run store nothing: they may have
    /// read what it was for.
    fn expire_key(&self, key: &Key) {
        let stored = StoredKey::from(key);
        drop(self.flights.fence(&stored, || self.memory.expire(key)));
        self.retries.forget(&stored);
    }

    /// Ends the value of `key` in this process, also for loads that run.
    pub(crate) fn end_key(&self, key: &Key, ending: Ending) {
        match ending {
            Ending::Invalid => self.drop_key(&StoredKey::from(key)),
            Ending::Expired => self.expire_key(key),
        }
    }

    /// Ends all values in this process, also for loads that run.
    pub(crate) fn end_all(&self, ending: Ending) {
        match ending {
            Ending::Invalid => self.drop_all(),
            Ending::Expired => self.expire_all(),
        }
    }

    /// Makes all values expire in this process. Loads that run store nothing.
    fn expire_all(&self) {
        self.generations.end_all(Ending::Expired);
        self.flights.fence_all();
        self.retries.forget_all();
    }

    /// Makes all keys invalid in this process, also for loads that run.
    pub(crate) fn drop_all(&self) {
        // First the generation: a load that begins from here on may store, and entries of loads
        // that began before are invalid.
        self.generations.end_all(Ending::Invalid);
        self.flights.fence_all();
        self.memory.clear();
        self.retries.forget_all();
    }

    /// Brings memory to the bounds of the policy. Entries that fit stay, with their remaining life.
    /// Takes a while for many entries; to be called by one thread at a time.
    pub(crate) fn resize(&self) {
        self.memory.resize(&self.policy.get());
    }

    /// Counts a load whose cost is negative or not a number, and tells of the first.
    pub(crate) fn wrong_cost(&self) {
        if self.counters.wrong_cost() {
            let name = self.site.name;
            warn!(
                cache = name,
                "the cost of a load of `{name}` is negative or not a number: {WRONG_COST}"
            );
        }
    }

    /// Returns a decision with the cost of each load that settings from outside say.
    pub(crate) fn priced(&self, decision: Decision) -> Decision {
        self.policy.with(|policy| policy.cost).map_or(decision, |units| decision.cost(units))
    }

    /// Returns the facts of a value that is stored now.
    pub(crate) fn facts(
        &self,
        lifetimes: Lifetimes,
        generation: u64,
        group: Group,
        spent: Spent,
    ) -> Facts {
        let timeline = Timeline::of(lifetimes, self.clock.now());
        Facts { timeline, generation, group, spent }
    }

    /// Returns the lifetimes of a value that is stored now.
    pub(crate) fn lifetimes(&self, decision: Decision) -> Lifetimes {
        let policy = self.policy.get();
        let lifetimes = policy.lifetimes();
        decision.longest_life(&policy).map_or(lifetimes, |longest| lifetimes.at_most(longest))
    }

    /// Returns the lifetimes in memory of a value that the remote tier keeps for `lifetimes`.
    pub(crate) fn in_memory(&self, lifetimes: Lifetimes) -> Lifetimes {
        let is_tiered = self.shared.as_ref().is_some_and(|shared| shared.tiered);
        if !is_tiered {
            return lifetimes;
        }
        let longest = self.policy.with(|policy| policy.memory_ttl.map(|ttl| policy.jittered(ttl)));
        longest.map_or(lifetimes, |longest| lifetimes.at_most(longest))
    }

    /// Counts a value of `key` that is not to be stored, and lets the key's callers load side by
    /// side for a while.
    pub(crate) fn note_declined(&self, key: &StoredKey) {
        self.counters.declined.add(1);
        self.declined.note(key, self.clock.now());
    }

    /// Lets the callers of `key` wait for one load again: a value of it is to be stored.
    pub(crate) fn forget_declined(&self, key: &StoredKey) {
        self.declined.forget(key);
    }

    /// Tells whether callers of `key` load side by side: its last value was not to be stored.
    pub(crate) fn declines(&self, key: &StoredKey) -> bool {
        self.declined.has(key, self.clock.now())
    }

    /// Returns the longest time for which a caller waits for another's load.
    pub(crate) fn flight_wait_max(&self) -> Duration {
        let loads = self.counters.mean_load_time().saturating_mul(FLIGHT_WAIT_MAX_LOADS);
        FLIGHT_WAIT_MAX.max(loads)
    }

    /// Returns the budget, and what is spent of it; `None` for a cache without one.
    pub(crate) fn budget(&self) -> Option<BudgetReport> {
        self.spending.report(self.policy.with(|policy| policy.budget), self.clock.date())
    }

    /// Adds the numbers of the cache's flights and tables.
    pub(crate) fn count_resources(&self, resources: &mut Resources) {
        resources.add(Resource::Flights, self.flights.len());
        resources.add(Resource::Retries, self.retries.len());
        let unstored = self.shared.as_ref().map_or(0, |shared| shared.unstored.len());
        resources.add(Resource::Unstored, unstored);
    }

    /// Returns the exact counts so far.
    pub(crate) fn stats(&self) -> Stats {
        let counted = self.counters.snapshot(self.memory.entries());
        Stats { bytes: self.memory.bytes(), ..counted }
    }
}

/// Returns the bytes of the value in `entry`. Where the user's code panics, that is more than any
/// bound: the value is not kept.
fn weighed_or_too_large(weigh: Weigh, entry: &Entry) -> usize {
    guarded::run(|| weigh(entry)).unwrap_or(usize::MAX)
}
