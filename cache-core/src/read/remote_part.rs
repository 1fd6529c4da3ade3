//! The remote part of a miss: its reads and requests, within one budget of time.
//!
//! Each step has an outcome for a tier that is out of reach. No step fails a call.

use std::{
    iter,
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::{Instrument as _, warn};

use super::combined::Combined;
use crate::{
    cache::{Cache, Due, Outcome, Shared},
    clock::Moment,
    codec::{Undecodable, Unstorable},
    ending::Ending,
    entry::{Entry, Facts},
    flight::{Origin, Permit, Progress, enclosing, keeps_lease},
    generations::Group,
    key::{Key, StoredKey},
    memory::{Left, Lookup},
    observe,
    policy::FLIGHT_WAIT,
    remote::{
        Budget, FillKind, Filled, HoldOff, Holder, IfStored, Incoming, LoadReply, LoadRequest,
        Mark, OtherLoads, Outgoing, Pending, Reason, RemoteKey, RemotePermit, RemoteTier, Seen,
        SeenTag, StoredValue, TagGeneration, TagKey,
    },
    tag::TagSet,
    timeline::{Age, Lifetimes, Timeline},
    value::Decode,
};

/// The remote part of a miss.
pub(super) struct RemotePart {
    pub(super) key: RemoteKey,
    group: Group,
    /// The tags that the call names.
    tags: Option<Arc<[TagKey]>>,
    /// Their generations, as the last read has shown them.
    seen_tags: Vec<Option<TagGeneration>>,
    decode: Decode,
    pub(super) budget: Budget,
    began: Instant,
    /// `None` where the tier was out of reach, or the read is too old.
    last_read: Option<LastRead>,
    pub(super) permit: Option<RemotePermit>,
    pub(super) kind: FillKind,
    /// The reason for which the tier granted no permit, or did not read the value.
    pub(super) refusal: Option<Reason>,
    /// The reason for which the key's last value was not stored. The next one is not tried.
    pub(super) unstored: Option<Unstorable>,
    /// The treatment of other processes' loads, unless this one supersedes them.
    others: OtherLoads,
    /// The moment from which another process's load does not make the call wait.
    gives_way_at: Option<Moment>,
    /// The requests of the other keys of a batch, with which those of this key are sent.
    combined: Option<Arc<Combined>>,
    /// `true` where another value serves in place of a load.
    has_standby: bool,
}

/// The outcome of a request for the permit that was not granted.
pub(super) enum NotGranted {
    /// A fresh value has come meanwhile; it lands the flight.
    Found(Entry),
    /// Another process loads, and the call gives way to it. Dropping the permit ends the flight.
    Busy(Permit<Outcome>),
    /// A load of another process has failed a moment ago, and the call has another value.
    HeldOff(Permit<Outcome>, HoldOff),
}

/// The reply to a read that found no value, and the state of this process before it.
#[derive(Clone, Copy)]
struct LastRead {
    mark: Mark,
    snapshot: Snapshot,
    if_stored: IfStored,
}

/// The state of this process just before it sent a request. A value in the reply is kept only if no
/// invalidation arrived since then, that is, if the generation is still this one.
#[derive(Clone, Copy)]
struct Snapshot {
    at: Instant,
    /// The generation of the key's group in this process.
    generation: u64,
}

impl RemotePart {
    /// Returns `None` for a cache of this process alone. In a box: it is handed from step to step.
    pub(super) fn new(cache: &Cache, key: &Key, decode: Option<Decode>) -> Option<Box<Self>> {
        let shared = cache.shared.as_ref()?;
        let remote_key = shared.key(key);
        let unstored = shared.unstored(key, &remote_key.digest, cache.clock.now());
        let awaits_lease = cache.policy.get().lease && unstored.is_none();
        Some(Box::new(Self {
            group: cache.generations.group(&remote_key.digest),
            key: remote_key,
            tags: None,
            seen_tags: Vec::new(),
            decode: decode?,
            budget: Budget::new(shared.remote.deadline),
            began: Instant::now(),
            last_read: None,
            permit: None,
            kind: FillKind::AfterMiss,
            refusal: None,
            unstored,
            // A lease would make others wait for a value that they never get.
            gives_way_at: None,
            combined: None,
            has_standby: false,
            others: if awaits_lease { OtherLoads::AwaitLease } else { OtherLoads::LoadBeside },
        }))
    }

    /// Reads and loads for an entry with these tags.
    pub(super) fn set_tags(&mut self, tags: Option<Arc<[TagKey]>>) {
        self.tags = tags;
    }

    pub(super) fn group(&self) -> Group {
        self.group
    }

    /// Returns the moment at which the call began.
    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// Returns the key's state as the last read has shown it.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.last_read.map(|read| read.mark)
    }

    /// Tells whether the last read did not reach the tier.
    pub(super) fn is_out_of_reach(&self) -> bool {
        self.last_read.is_none()
    }

    /// Forgets the state that was read: time has passed.
    pub(super) fn forget_read(&mut self) {
        self.last_read = None;
    }

    /// Makes the coming fill replace the value that is stored.
    pub(super) fn supersede(&mut self) {
        self.kind = FillKind::Replacing;
        self.unstored = self.unstored.filter(|reason| *reason == Unstorable::AlikeTypes);
    }

    /// Makes the call load beside others, of whatever process: it has waited long enough.
    pub(super) fn load_beside(&mut self) {
        self.others = OtherLoads::LoadBeside;
    }

    /// Lets a load that has failed in another process hold the call off, which has another value.
    pub(super) fn has_standby(&mut self) {
        self.has_standby = true;
    }

    /// Ends the request of a load that has failed: other processes load no earlier than this one.
    pub(super) fn hold_off(mut self: Box<Self>, cache: &Cache, due: Due) {
        let left = due.at.since(cache.clock.now());
        if let Some(permit) = self.permit.take() {
            tier(cache).hold_off(permit, HoldOff { left, delay: due.delay });
        }
    }

    /// Makes the call wait for no other process's load from `moment` on.
    pub(super) fn give_way_at(&mut self, moment: Moment) {
        self.gives_way_at = Some(moment);
    }

    /// Makes the call wait for other processes' loads again.
    pub(super) fn wait_for_others(&mut self) {
        self.gives_way_at = None;
    }

    /// Sends the requests of this key together with others.
    pub(super) fn combine(&mut self, combined: &Arc<Combined>) {
        self.combined = Some(Arc::clone(combined));
    }

    /// Reads the stored value, alone or together with others.
    fn ask_for_value<'a>(
        &'a self,
        tier: &'a dyn RemoteTier,
        tags: &'a [TagKey],
        left: Duration,
    ) -> Pending<'a, Result<Seen, Reason>> {
        match &self.combined {
            Some(combined) => Box::pin(combined.read(&self.key, tags, left)),
            None => tier.read(&self.key, tags, left),
        }
    }

    /// Asks for the permit, alone or together with others.
    fn ask_for_permit<'a>(
        &'a self,
        tier: &'a dyn RemoteTier,
        request: LoadRequest,
        left: Duration,
    ) -> Pending<'a, Result<LoadReply, Reason>> {
        match &self.combined {
            Some(combined) => Box::pin(combined.request_load(&self.key, request, left)),
            None => tier.request_load(&self.key, request, left),
        }
    }

    /// Sends a value, alone or together with others.
    pub(super) fn send_value<'a>(
        &'a self,
        tier: &'a dyn RemoteTier,
        permit: RemotePermit,
        value: Option<Outgoing>,
        left: Duration,
    ) -> Pending<'a, Result<Filled, Reason>> {
        match &self.combined {
            Some(combined) => Box::pin(combined.fill(&self.key, permit, value, self.kind, left)),
            None => tier.fill(&self.key, permit, value, self.kind, left),
        }
    }

    /// Reads the stored value, whatever its age. A tiered cache keeps it in memory, unless memory
    /// has one that is as good.
    pub(super) async fn read(&mut self, cache: &Cache, key: &Key) -> Option<Entry> {
        let lookup = cache.lookup(key);
        let snapshot = self.snapshot(cache);
        let drawn = self.tags.as_ref().map(|tags| cache.tags.draw(tags));
        let span = observe::get_span(cache.site.name);
        let tier = tier(cache);
        let tags = self.tags.as_deref().unwrap_or_default();
        let read = self.budget.spend(snapshot.at, |left| self.ask_for_value(tier, tags, left));
        let reply = read.instrument(span.clone()).await;
        let entry = match self.seen(cache, reply, snapshot) {
            Some(incoming) if incoming.tags.is_empty() => {
                self.open(cache, key, &incoming, snapshot.generation, None)
            }
            // Not part of the future of every read.
            Some(incoming) => {
                Box::pin(self.open_tagged(cache, key, incoming, snapshot, drawn)).await
            }
            None => None,
        };
        if let Some(entry) = &entry
            && (entry.is_settled(cache.clock.now()) || is_later(cache, entry, cache.at_hand(key)))
        {
            admit(cache, &lookup, entry);
        }
        observe::record_hit(&span, entry.is_some());
        entry
    }

    fn snapshot(&self, cache: &Cache) -> Snapshot {
        Snapshot { at: Instant::now(), generation: cache.generations.of(self.group) }
    }

    /// Returns the value that a read has shown, and keeps the state beside it.
    fn seen(
        &mut self,
        cache: &Cache,
        reply: Result<Seen, Reason>,
        snapshot: Snapshot,
    ) -> Option<Incoming> {
        self.last_read = None;
        self.refusal = reply.as_ref().err().copied();
        let Seen { stored, mark, tags } =
            reply.inspect_err(|reason| out_of_reach(cache, *reason)).ok()?;
        let if_stored = match &stored {
            StoredValue::Absent => IfStored::ReturnIt,
            StoredValue::Present(incoming) => IfStored::ReturnAnother(incoming.written),
            StoredValue::Corrupt => IfStored::LoadAnyway,
        };
        self.last_read = Some(LastRead { mark, snapshot, if_stored });
        self.seen_tags = tags;
        match stored {
            StoredValue::Present(incoming) => Some(incoming),
            StoredValue::Absent => None,
            StoredValue::Corrupt => {
                cache.counters.corrupt.add(1);
                None
            }
        }
    }

    /// Returns the entry of a stored value, if its tags stand: `drawn` are those that the call names,
    /// from before the read. Where the value has others, they are asked for.
    async fn open_tagged(
        &self,
        cache: &Cache,
        key: &Key,
        mut incoming: Incoming,
        snapshot: Snapshot,
        drawn: Option<Arc<TagSet>>,
    ) -> Option<Entry> {
        let named = self.tags.iter().flat_map(|tags| tags.iter());
        let tags = if named.eq(incoming.tags.iter().map(|tag| &tag.key)) {
            drawn.filter(|_| is_valid(&mut incoming, &self.seen_tags))
        } else {
            self.tags_now(cache, &mut incoming).await
        };
        self.open(cache, key, &incoming, snapshot.generation, Some(tags?))
    }

    /// Returns the tags of a stored value, if none was invalidated, by a request of its own.
    async fn tags_now(&self, cache: &Cache, incoming: &mut Incoming) -> Option<Arc<TagSet>> {
        let keys: Vec<_> = incoming.tags.iter().map(|tag| tag.key.clone()).collect();
        // Before the request: what is invalidated from here on makes the entry invalid.
        let drawn = cache.tags.draw(&keys);
        let ask = |left| tier(cache).tag_generations(&keys, left);
        match self.budget.spend(Instant::now(), ask).await {
            Ok(seen) => is_valid(incoming, &seen).then_some(drawn),
            Err(reason) => {
                out_of_reach(cache, reason);
                None
            }
        }
    }

    /// Returns the entry of a stored value, if it can be decoded and serves at all. Its life is the
    /// one that the writer gave it, less its age.
    fn open(
        &self,
        cache: &Cache,
        key: &Key,
        incoming: &Incoming,
        generation: u64,
        tags: Option<Arc<TagSet>>,
    ) -> Option<Entry> {
        let clock = &cache.clock;
        let age = if clock.is_system() {
            incoming.age
        } else {
            // A test's clock tells the age of the value.
            clock.date().duration_since(incoming.written).unwrap_or_default()
        };
        let now = clock.now();
        let lifetimes = limited(cache, incoming.lifetimes);
        let left = limited(cache, incoming.lifetimes.after(age));
        let timeline = Timeline::of(left, now).written_before(now, age);
        if timeline.age(now) == Age::Gone {
            return None;
        }
        let facts = Facts { timeline, generation, group: self.group, spent: incoming.spent };
        let key = StoredKey::from(key);
        (self.decode)(key, incoming.codec, incoming.payload(), facts)
            .inspect_err(|reason| undecodable(cache, *reason))
            .map(|entry| cache.completed(entry.tagged(tags), lifetimes.fresh))
            .inspect(|entry| {
                if incoming.expired {
                    entry.expire();
                }
            })
            .ok()
    }

    /// Asks for the permit until there is a reply. Another process's load is waited for while its
    /// lease is renewed, for a bounded time, unless this call gives way.
    pub(super) async fn request_load(
        &mut self,
        cache: &Cache,
        key: &Key,
        permit: Permit<Outcome>,
    ) -> Result<Permit<Outcome>, NotGranted> {
        let clock = &cache.clock;
        let last = clock.now() + cache.flight_wait_max();
        let mut request = self.load_request(holder(permit.progress()));
        // Ends with this function.
        let mut waiting = None;
        loop {
            // A read's generation goes with its snapshot: a clear since then is not seen by a
            // request that carries that generation.
            let read = self.last_read.filter(|_| request.generation.is_some());
            let snapshot = read.map_or_else(|| self.snapshot(cache), |read| read.snapshot);
            let ask = |left| self.ask_for_permit(tier(cache), request.clone(), left);
            match self.budget.spend(Instant::now(), ask).await {
                Ok(LoadReply::Granted(granted)) => {
                    let mark = Some(granted.mark);
                    permit.set_origin(Origin { began: Instant::now(), mark });
                    self.permit = Some(granted);
                    return Ok(permit);
                }
                Ok(LoadReply::Found(mut incoming)) => {
                    let opened = if incoming.tags.is_empty() {
                        self.open(cache, key, &incoming, snapshot.generation, None)
                    } else {
                        let tags = self.tags_now(cache, &mut incoming).await;
                        tags.and_then(|tags| {
                            self.open(cache, key, &incoming, snapshot.generation, Some(tags))
                        })
                    };
                    let is_settled = |entry: &Entry| entry.is_settled(clock.now());
                    let Some(entry) = opened.filter(is_settled) else {
                        request.stored = IfStored::LoadAnyway;
                        continue;
                    };
                    land_found(cache, permit, &entry, snapshot.at);
                    return Err(NotGranted::Found(entry));
                }
                Ok(LoadReply::Busy(_)) if self.gives_way(clock.now()) => {
                    return Err(NotGranted::Busy(permit));
                }
                Ok(LoadReply::Busy(again)) if self.gives_way_at.is_some_and(|at| at < last) => {
                    waiting.get_or_insert_with(|| permit.await_lease(&enclosing()));
                    let at = self.gives_way_at.unwrap_or(last);
                    let left = at.since(clock.now());
                    let _ = clock.punctual_timeout(left, again).await;
                    ask_again(&mut request);
                }
                Ok(LoadReply::Busy(again)) => {
                    waiting.get_or_insert_with(|| permit.await_lease(&enclosing()));
                    let left = last.since(clock.now());
                    if left.is_zero() || clock.timeout(left, again).await.is_none() {
                        request.others = OtherLoads::LoadBeside;
                    }
                    ask_again(&mut request);
                }
                Ok(LoadReply::HeldOff(hold_off)) => {
                    return Err(NotGranted::HeldOff(permit, hold_off));
                }
                Err(reason) => {
                    out_of_reach(cache, reason);
                    self.refusal.get_or_insert(reason);
                    permit.set_origin(Origin { began: Instant::now(), mark: None });
                    return Ok(permit);
                }
            }
        }
    }

    /// Returns the tags of the load, with the generations that the last read has shown.
    fn tags_of_request(&self) -> Vec<SeenTag> {
        let is_known = self.last_read.is_some() && self.kind == FillKind::AfterMiss;
        let seen = |place: usize| self.seen_tags.get(place).copied().flatten();
        let named = self.tags.iter().flat_map(|tags| tags.iter()).cloned().enumerate();
        let tag = |(place, key)| {
            let generation = if is_known { seen(place) } else { None };
            SeenTag { key, generation }
        };
        named.map(tag).collect()
    }

    /// Tells whether another process's load does not make the call wait at `now`.
    fn gives_way(&self, now: Moment) -> bool {
        self.gives_way_at.is_some_and(|at| at <= now)
    }

    fn load_request(&self, holder: Holder) -> LoadRequest {
        let tags = self.tags_of_request();
        if self.kind == FillKind::Replacing {
            return LoadRequest {
                generation: None,
                tags,
                others: OtherLoads::Supersede,
                stored: IfStored::LoadAnyway,
                holder,
                has_standby: false,
            };
        }
        LoadRequest {
            generation: self.last_read.and_then(|read| read.mark.generation),
            tags,
            others: self.others,
            stored: self.last_read.map_or(IfStored::ReturnIt, |read| read.if_stored),
            holder,
            has_standby: self.has_standby,
        }
    }
}

/// Tells whether no tag of a stored value was invalidated, by the generations that were `seen`, and
/// notes in it if one has expired.
fn is_valid(stored: &mut Incoming, seen: &[Option<TagGeneration>]) -> bool {
    let seen = seen.iter().copied().chain(iter::repeat(None));
    let endings = stored.tags.iter().zip(seen).filter_map(|(tag, seen)| tag.ending(seen));
    let endings: Vec<_> = endings.collect();
    stored.expired |= !endings.is_empty();
    !endings.contains(&Ending::Invalid)
}

/// Makes a request that has waited ask for what was stored meanwhile.
fn ask_again(request: &mut LoadRequest) {
    if request.stored == IfStored::LoadAnyway {
        request.stored = IfStored::ReturnIt;
    }
    request.generation = None;
    request.tags.iter_mut().for_each(|tag| tag.generation = None);
}

/// Tells whether `entry` was written after the one in memory, if that serves anything.
fn is_later(cache: &Cache, entry: &Entry, held: Option<Entry>) -> bool {
    let held = held.filter(|held| held.age(cache.clock.now()) != Age::Gone);
    held.is_none_or(|held| entry.fresh_until() > held.fresh_until())
}

/// Stores a value that was read remotely in the memory of a tiered cache, unless something happened
/// to the key since the lookup began.
fn admit(cache: &Cache, lookup: &Lookup, entry: &Entry) {
    if shared(cache).tiered {
        cache.admit(lookup, entry);
    }
}

/// Returns what tells whether the lease of a load is to be renewed.
fn holder(load: &Arc<Progress>) -> Holder {
    let load = Arc::downgrade(load);
    Holder::new(move || load.upgrade().is_some_and(|load| keeps_lease(&load, FLIGHT_WAIT)))
}

/// Ends a flight with a value from another process's load.
fn land_found(cache: &Cache, permit: Permit<Outcome>, entry: &Entry, at: Instant) {
    let store = || {
        if shared(cache).tiered { cache.keep(entry.clone()) } else { Left::default() }
    };
    drop(permit.land(Outcome::Found(entry.clone(), at), store));
}

/// Limits lifetimes to those of entries in this process: in a tiered cache to the memory ttl, and to
/// the outage ttl while other nodes' invalidations do not reach this node.
pub(super) fn limited(cache: &Cache, lifetimes: Lifetimes) -> Lifetimes {
    let lifetimes = cache.in_memory(lifetimes);
    if tier(cache).receives_invalidations() {
        lifetimes
    } else {
        lifetimes.at_most(shared(cache).remote.outage_ttl)
    }
}

/// Counts a stored value that is not used, and tells of the first that another release wrote.
fn undecodable(cache: &Cache, reason: Undecodable) {
    if cache.counters.undecodable(reason) {
        let cache = cache.site.name;
        let hint = reason.hint();
        warn!(cache, %reason, "a stored value of the cache `{cache}` is not used: {hint}");
    }
}

pub(super) fn out_of_reach(cache: &Cache, reason: Reason) {
    cache.counters.unavailable.add(1);
    observe::fallback(reason.as_str());
}

pub(super) fn shared(cache: &Cache) -> &Shared {
    cache.shared.as_ref().expect("only misses of shared caches have a remote part")
}

pub(super) fn tier(cache: &Cache) -> &dyn RemoteTier {
    &*shared(cache).remote.tier
}
