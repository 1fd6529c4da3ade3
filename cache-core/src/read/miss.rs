//! A miss: the way of a call that memory has no value for, without types.
//!
//! [`Miss::seek`] reads downwards: read the remote tier; without a value there, join the key's
//! flight in this process; as its leader ask for the permit to load, which may mean to wait for
//! another process. A cache without a remote tier takes the same way, where the remote steps are
//! absent.

mod past_ttl;
mod refused;

pub(in crate::read) use past_ttl::Renewal;
pub(in crate::read) use refused::Refused;

use std::{future::poll_fn, ops::ControlFlow, sync::Arc, time::Duration};

use cachery_syntax::Budget;
use tracing::{Instrument as _, Span};

use super::{
    combined::Combined,
    fill::{Filling, Landing, OfLoad, fill},
    load::{Load, LoadCause},
    note::{Note, Tier},
    remote_part::{NotGranted, RemotePart},
    reservation,
    soft_timeout::SoftTimeout,
    standby::Standby,
    thread_wait::{ThreadWait, Waited},
};
use crate::{
    cache::{Cache, KeptError, Outcome},
    clock::Moment,
    codec::{Codec, Unstorable},
    deciding::Decision,
    entry::Entry,
    flight::{Follower, Join, Loading, Permit, Progress, Relation, Wakeup, enclosing},
    generations::Group,
    key::Key,
    observe,
    policy::FLIGHT_WAIT,
    remote::TagKey,
    returns::AnyError,
    tag::{Named, TagSet, Tags},
    timeline::Age,
    value::Decode,
};

/// The time for which nobody looks again after a value that another process renews.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A call that memory has no value for.
pub(super) struct Miss {
    cache: Arc<Cache>,
    key: Key,
    group: Group,
    /// Tells whether an entry is of the caller's type; one that is not is as good as absent. (Two
    /// types can have one name, so that the key cannot tell them apart.)
    fits: fn(&Entry) -> bool,
    /// `None` for a cache of this process alone.
    remote: Option<Box<RemotePart>>,
    /// The tags that the call names.
    tags: Option<Arc<[TagKey]>>,
    /// The tags before the load that the call is about to run.
    drawn: Option<Arc<TagSet>>,
    /// `true` once the call is counted as a miss.
    counted: bool,
    caller: Caller,
    /// The value that serves the call, should nothing better come.
    standby: Option<Standby>,
    /// `true` once the call is served and only the renewal is left.
    is_background: bool,
    /// The note of what serves the call.
    note: Note,
    /// The moment from which the old value serves, though a load goes on.
    soft_end: Option<Moment>,
    /// `true` once that moment has come.
    is_over: bool,
    /// The load that the key is to share with others of its batch. `None` for a call of one key.
    shared_load: Option<Arc<Progress>>,
}

/// The caller of a miss.
#[derive(Clone, Copy)]
enum Caller {
    Task,
    /// A thread, which is parked where a task would wait.
    Thread(ThreadWait),
}

/// The next step of a call that missed.
pub(super) enum Next {
    /// The caller runs the function.
    Load(Box<Load>),
    /// The budget does not allow the load.
    Refused(Box<Refused>),
    /// The caller takes this outcome.
    Take(Outcome),
    /// The caller renews a value that serves at once. Others have it, and the caller may.
    Renew(Renewal),
    /// The caller runs the function as if it were not cached: it is inside the load of this key, or
    /// that load waits for it.
    Bypass,
}

impl Miss {
    pub(super) fn new(
        cache: Arc<Cache>,
        key: &Key,
        fits: fn(&Entry) -> bool,
        decode: Option<Decode>,
    ) -> Self {
        let remote = RemotePart::new(&cache, key, decode);
        let group = remote.as_ref().map_or_else(Group::default, |remote| remote.group());
        let (key, caller) = (key.clone(), Caller::Task);
        Self {
            cache,
            key,
            group,
            fits,
            remote,
            tags: None,
            drawn: None,
            counted: false,
            caller,
            standby: None,
            is_background: false,
            note: Note::default(),
            soft_end: None,
            is_over: false,
            shared_load: None,
        }
    }

    /// Sends the requests of this key together with others.
    pub(super) fn together(mut self, combined: &Arc<Combined>) -> Self {
        self.remote.iter_mut().for_each(|remote| remote.combine(combined));
        self
    }

    /// Makes the key one of several that `load` leads, whose requests go through `combined`.
    pub(super) fn part_of(mut self, load: &Arc<Progress>, combined: &Arc<Combined>) -> Self {
        self.shared_load = Some(Arc::clone(load));
        self.together(combined)
    }

    /// Gives the entry that the call may load these tags.
    pub(super) fn tagged(mut self, tags: Option<&Tags>) -> Self {
        let key = |tag: &Named| self.cache.tags.key(tag);
        self.tags = tags.map(|tags| tags.iter().map(key).collect());
        if let Some(remote) = &mut self.remote {
            remote.set_tags(self.tags.clone());
        }
        self
    }

    /// Notes what serves the call.
    pub(super) fn noted(self, note: &Note) -> Self {
        Self { note: note.clone(), ..self }
    }

    /// Lets the call have an old value after `soft_timeout`, while its load goes on.
    pub(super) fn softly(self) -> Self {
        let soft_timeout = self.cache.policy.get().soft_timeout;
        Self { soft_end: soft_timeout.map(|time| self.now() + time), ..self }
    }

    /// Makes the thread that calls wait by being parked.
    pub(super) fn by_thread(self) -> Self {
        Self { caller: Caller::Thread(ThreadWait::here()), ..self }
    }

    /// Finds a value, waits for one, or gets the permit to load one.
    pub(super) async fn seek(mut self) -> Next {
        if let Some(outcome) = self.look_at_memory() {
            return Next::Take(outcome);
        }
        if self.is_served_at_once() {
            return Next::Renew(Renewal(Box::new(self)));
        }
        loop {
            if let Some(outcome) = self.read().await {
                return Next::Take(outcome);
            }
            if self.is_served_at_once() {
                return Next::Renew(Renewal(Box::new(self)));
            }
            if let Some(outcome) = self.kept_error() {
                return Next::Take(outcome);
            }
            let permit = match self.join() {
                Join::Own => return Next::Bypass,
                Join::Lead(permit) => match self.look_again() {
                    Some(outcome) => {
                        permit.land(outcome.clone(), || ());
                        return Next::Take(outcome);
                    }
                    None => permit,
                },
                Join::Follow(follower) => match self.load_beside_or_follow(follower).await {
                    Some(Wakeup::Load(permit)) => permit,
                    Some(Wakeup::Landed(outcome)) => match self.landed(outcome) {
                        Some(outcome) => return Next::Take(outcome),
                        None => continue,
                    },
                    Some(Wakeup::LookAgain) => continue,
                    None => return Next::Bypass,
                },
            };
            return self.load_for(permit, LoadCause::Miss).await;
        }
    }

    /// Asks for the permit of all processes, and loads.
    async fn load_for(mut self, permit: Permit<Outcome>, cause: LoadCause) -> Next {
        let requested = match self.shared_load {
            Some(_) if cause == LoadCause::Miss => self.request_shared_load(permit).await,
            _ => self.request_load(permit).await,
        };
        match requested {
            Ok(permit) => {
                self.count_miss();
                self.load_within_budget(permit, cause).await
            }
            Err(NotGranted::Found(entry)) => Next::Take(self.remote_hit(entry)),
            Err(NotGranted::HeldOff(permit, hold_off)) => self.held_off_elsewhere(permit, hold_off),
            Err(NotGranted::Busy(_)) if cause == LoadCause::Miss => self.take_slow_standby(),
            Err(NotGranted::Busy(_)) => {
                let look_again = self.now() + LOOK_AGAIN;
                self.standby.iter().for_each(|standby| standby.hold_off(look_again));
                self.take_standby()
            }
        }
    }

    /// Returns the value that is stored remotely, or memory's while that is out of reach, if it is
    /// fresh or stale.
    pub(super) async fn peek(mut self) -> Option<Entry> {
        let found = match self.read_remote().await {
            None => self.fallback(),
            found => found,
        };
        found.filter(|entry| entry.serves_at_once(self.now()))
    }

    /// Returns the value as [`peek`](Self::peek) does, and counts a hit or a miss.
    pub(super) async fn get(mut self) -> Option<Entry> {
        let serves = |entry: &Entry| entry.serves_at_once(self.cache.clock.now());
        let mut found = self.cache.at_hand(&self.key).filter(serves);
        if found.is_none()
            && let Some(entry) = self.read_remote().await
        {
            let found = Some(entry).filter(|entry| entry.serves_at_once(self.now()));
            match &found {
                Some(entry) => drop(self.remote_hit(entry.clone())),
                None => self.cache.counters.misses.add(1),
            }
            return found;
        }
        found = found.or_else(|| self.fallback());
        found = found.filter(|entry| entry.serves_at_once(self.now()));
        match &found {
            Some(entry) => self.count_hit(entry),
            None => self.cache.counters.misses.add(1),
        }
        found
    }

    /// Gets the permit to load, whatever is stored or loading: fills of loads that began before
    /// are dropped.
    pub(super) async fn refresh(mut self) -> Next {
        self.cache.counters.refreshes.add(1);
        let permit = self.supersede();
        match self.request_load(permit).await {
            Ok(permit) => self.load_within_budget(permit, LoadCause::Call).await,
            Err(NotGranted::Found(entry)) => Next::Take(Outcome::Value(entry)),
            Err(NotGranted::Busy(_) | NotGranted::HeldOff(..)) => Next::Bypass,
        }
    }

    /// Brings a value that nobody loaded to the remote tier; its [`Landing`] stores it in memory.
    pub(super) async fn put(
        self,
        decide: impl FnOnce() -> Decision,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> Option<Landing> {
        Some(self.begin_put().await?.fill(decide, encode).await)
    }

    /// Gets the permit for a value that nobody loaded.
    pub(super) async fn begin_put(mut self) -> Option<Putting> {
        let permit = self.supersede();
        let permit = self.request_load(permit).await.ok()?;
        let Self { cache, remote, drawn, .. } = self;
        Some(Putting { cache, permit, remote, drawn })
    }

    /// Reads the remote tier, or memory while that is out of reach.
    async fn read(&mut self) -> Option<Outcome> {
        let found = self.read_remote().await;
        let entry = match found {
            Some(entry) => entry,
            None => self.fallback().filter(self.fits)?,
        };
        let is_remote = !self.remote.as_ref().is_some_and(|remote| remote.is_out_of_reach());
        let age = entry.age(self.now());
        if age == Age::Gone {
            return None;
        }
        if entry.is_settled(self.now()) || self.is_held_off(&entry) {
            return Some(if is_remote { self.remote_hit(entry) } else { self.found(entry) });
        }
        self.standby = Some(match self.standby.take() {
            Some(standby) => standby.or_later(entry),
            None => Standby::new(&self.key, entry, None, is_remote),
        });
        None
    }

    async fn read_remote(&mut self) -> Option<Entry> {
        self.remote.as_mut()?.read(&self.cache, &self.key).await
    }

    /// Returns the entry with which memory may answer while the remote tier is out of reach.
    fn fallback(&self) -> Option<Entry> {
        self.remote.as_ref().filter(|remote| remote.is_out_of_reach())?;
        self.cache.fallback(&self.key)
    }

    /// Looks for a value in memory that needs no load, where nobody else can tell of one: a flight may have
    /// landed between the caller's look and its joining.
    fn look_again(&self) -> Option<Outcome> {
        let entry = match &self.remote {
            None => self.cache.settled(&self.key),
            Some(_) => self.fallback().filter(|entry| entry.is_settled(self.now())),
        };
        let value = entry.filter(self.fits).map(|entry| self.found(entry));
        value.or_else(|| self.kept_error())
    }

    /// Returns the error that memory keeps, where nothing better serves the call.
    fn kept_error(&self) -> Option<Outcome> {
        if self.standby.is_some() {
            return None;
        }
        let entry = self.cache.kept_error(&self.key)?;
        let KeptError(error) = entry.value()?;
        if !self.counted {
            self.count_hit(&entry);
        }
        Some(Outcome::Error(AnyError::clone(error)))
    }

    /// Returns the outcome of a call that memory serves while it looks for a value elsewhere.
    fn found(&self, entry: Entry) -> Outcome {
        match (self.is_background, self.counted) {
            (true, _) => {}
            (false, true) => self.cache.counters.coalesced(Some(&entry)),
            (false, false) => self.count_hit(&entry),
        }
        self.note(&entry, Tier::Memory, self.counted);
        match &self.remote {
            None => Outcome::Value(entry),
            // Others may have joined who can see changes made elsewhere since.
            Some(remote) => Outcome::Found(entry, remote.began()),
        }
    }

    /// Returns the outcome of a call that memory serves.
    fn hit(&self, entry: Entry) -> Outcome {
        self.count_hit(&entry);
        self.note(&entry, Tier::Memory, false);
        Outcome::Value(entry)
    }

    /// Notes the entry that serves the call.
    fn note(&self, entry: &Entry, tier: Tier, coalesced: bool) {
        if !self.is_background {
            self.note.serve(entry, self.now(), tier, coalesced);
        }
    }

    /// Notes the outcome of another caller's load.
    fn note_landed(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Value(entry) => self.note(entry, Tier::Load, true),
            Outcome::Found(entry, _) => self.note(entry, Tier::Remote, true),
            Outcome::Standby(entry) => self.note(entry, Tier::Memory, true),
            Outcome::Error(_) => {}
        }
    }

    fn count_hit(&self, entry: &Entry) {
        self.cache.counters.hit(entry.head().facts.spent);
        self.count_past_ttl(entry);
    }

    /// Returns what a flight's outcome means for this call; `None`: it looks again.
    fn landed(&self, outcome: Outcome) -> Option<Outcome> {
        let standby = self.standby.as_ref().filter(|standby| standby.stands(&self.cache));
        match (outcome, standby) {
            (Outcome::Standby(entry), _) if self.is_over => {
                let tier = self.standby.as_ref().map_or(Tier::Memory, Standby::tier);
                self.note(&entry, tier, true);
                Some(Outcome::Standby(entry))
            }
            // The key may have been invalidated between the leader's read and this call.
            (Outcome::Standby(_), None) => None,
            (outcome, _) if self.is_outdated(&outcome) => None,
            // A caller's own value was there when it called.
            (Outcome::Standby(_) | Outcome::Error(_), Some(standby)) => {
                self.count_in_place_of_a_load(standby.entry());
                self.note(standby.entry(), standby.tier(), true);
                Some(Outcome::Standby(standby.entry().clone()))
            }
            (outcome, _) => {
                self.cache.counters.coalesced(outcome.entry());
                self.note_landed(&outcome);
                Some(outcome)
            }
        }
    }

    fn join(&self) -> Join<Outcome> {
        self.cache.flights.join(
            &self.key,
            || self.cache.generations.of(self.group),
            |origin| match (&self.remote, origin) {
                (Some(remote), Some(origin)) => origin.relation(remote.began(), remote.mark()),
                _ => Relation::Current,
            },
            &enclosing(),
            || self.begin_load(),
        )
    }

    /// Returns the load that leads the key: that of its batch, or one of its own.
    pub(super) fn begin_load(&self) -> Arc<Progress> {
        self.shared_load.as_ref().map_or_else(|| self.cache.flights.begin_load(), Arc::clone)
    }

    /// Gets the permit to load at once where the value would not be shared, and else follows.
    async fn load_beside_or_follow(
        &mut self,
        follower: Follower<Outcome>,
    ) -> Option<Wakeup<Outcome>> {
        // Asked after the caller has joined: a load that ends before wakes all who have.
        if self.cache.declines(follower.key()) {
            self.count_miss();
            return follower.load_now().await;
        }
        self.follow(follower).await
    }

    /// Waits for the flight while its load makes progress, for a bounded time, and then for the
    /// permit to load.
    async fn follow(&mut self, mut follower: Follower<Outcome>) -> Option<Wakeup<Outcome>> {
        self.count_miss();
        if let Some(remote) = &mut self.remote {
            // The state that was read before the wait may be over.
            remote.forget_read();
        }
        let span = observe::wait_span(self.cache.site.name);
        if let Caller::Thread(wait) = self.caller {
            return self.follow_by_thread(follower, wait, &span).await;
        }
        let waited = self.wait(&mut follower).instrument(span.clone()).await;
        if let ControlFlow::Break(wakeup) = waited {
            link(&span, &follower);
            return wakeup;
        }
        self.load_beside();
        follower.stop_waiting();
        let wakeup = match self.soft_timeout() {
            None => follower.wakeup().instrument(span.clone()).await,
            Some(soft) => {
                let wakeup = Box::pin(follower.wakeup().instrument(span.clone()));
                match soft.within(wakeup).await {
                    Ok(wakeup) => wakeup,
                    Err(entry) => Some(self.over(entry)),
                }
            }
        };
        link(&span, &follower);
        wakeup
    }

    /// Returns the moment from which the call takes the old value, if it has one.
    fn soft_timeout(&self) -> Option<SoftTimeout> {
        let standby = self.standby.as_ref()?.without_claim();
        Some(SoftTimeout::new(Arc::clone(&self.cache), standby, self.soft_end?))
    }

    /// Ends the wait with the old value.
    fn over(&mut self, entry: Entry) -> Wakeup<Outcome> {
        self.is_over = true;
        Wakeup::Landed(Outcome::Standby(entry))
    }

    /// Waits for the flight as a thread does, and loads beside it where the wait could be for this
    /// very thread.
    async fn follow_by_thread(
        &mut self,
        mut follower: Follower<Outcome>,
        wait: ThreadWait,
        span: &Span,
    ) -> Option<Wakeup<Outcome>> {
        let waited = wait.for_flight(&self.cache, &mut follower).instrument(span.clone()).await;
        link(span, &follower);
        match waited {
            Waited::InTime(wakeup) => wakeup,
            Waited::TooLong(wakeup) => {
                self.load_beside();
                wakeup
            }
            Waited::InVain => {
                self.load_beside();
                follower.load_now().await
            }
        }
    }

    /// Makes the load that comes run beside those of other processes.
    fn load_beside(&mut self) {
        if let Some(remote) = &mut self.remote {
            remote.load_beside();
        }
    }

    /// Waits for the flight until its load was idle for too long, or the longest wait is over.
    async fn wait(
        &mut self,
        follower: &mut Follower<Outcome>,
    ) -> ControlFlow<Option<Wakeup<Outcome>>> {
        match self.soft_timeout() {
            None => self.wait_for_load(follower).await,
            Some(soft) => match soft.within(Box::pin(self.wait_for_load(follower))).await {
                Ok(wakeup) => wakeup,
                Err(entry) => ControlFlow::Break(Some(self.over(entry))),
            },
        }
    }

    async fn wait_for_load(
        &self,
        follower: &mut Follower<Outcome>,
    ) -> ControlFlow<Option<Wakeup<Outcome>>> {
        let clock = &self.cache.clock;
        let last = clock.now() + self.cache.flight_wait_max();
        loop {
            // Nobody tells when the load stops being polled; one that waits now is looked at again
            // before it can have been idle for too long.
            let now = clock.now();
            let end = last.min(follower.idle_since().unwrap_or(now) + FLIGHT_WAIT);
            if end <= now {
                return ControlFlow::Continue(());
            }
            if let Some(wakeup) = clock.timeout(end.since(now), follower.wakeup()).await {
                return ControlFlow::Break(wakeup);
            }
        }
    }

    fn is_outdated(&self, outcome: &Outcome) -> bool {
        match (&self.remote, outcome) {
            (Some(remote), Outcome::Found(_, at)) => *at < remote.began(),
            _ => false,
        }
    }

    /// Begins a flight of its own: loads that began before store nothing any more.
    fn supersede(&mut self) -> Permit<Outcome> {
        if let Some(remote) = &mut self.remote {
            remote.supersede();
        }
        self.cache.flights.supersede(&self.key, || self.cache.generations.of(self.group))
    }

    /// Asks for the permit without waiting for another process, and with a load of its own where
    /// one loads the key: the rest of the batch need not wait for that.
    async fn request_shared_load(
        &mut self,
        permit: Permit<Outcome>,
    ) -> Result<Permit<Outcome>, NotGranted> {
        let Some(remote) = &mut self.remote else { return self.request_load(permit).await };
        remote.give_way_at(self.cache.clock.now());
        let asked = self.request_load(permit).await;
        if let Some(remote) = &mut self.remote {
            remote.wait_for_others();
        }
        match asked {
            Err(NotGranted::Busy(permit)) => {
                self.count_miss();
                self.request_load(permit.by_itself()).await
            }
            asked => asked,
        }
    }

    /// Asks the remote tier for the permit to load.
    async fn request_load(
        &mut self,
        permit: Permit<Outcome>,
    ) -> Result<Permit<Outcome>, NotGranted> {
        if let Caller::Thread(_) = self.caller {
            permit.progress().run_by_thread();
        }
        self.draw_tags(&permit);
        let patience = self
            .soft_end
            .filter(|_| self.standby.as_ref().is_some_and(|standby| standby.stands(&self.cache)));
        let Some(remote) = &mut self.remote else { return Ok(permit) };
        if self.standby.as_ref().is_some_and(|standby| standby.serves(&self.cache)) {
            remote.has_standby();
        }
        if self.cache.declines(permit.key()) {
            // A lease would make others wait for a value that they do not get.
            remote.load_beside();
        }
        if let Some(end) = patience {
            remote.give_way_at(end);
        }
        let progress = Arc::clone(permit.progress());
        // In a box: a hit does not carry along what only misses need.
        let mut request = Box::pin(remote.request_load(&self.cache, &self.key, permit));
        poll_fn(|cx| progress.poll(cx, |cx| request.as_mut().poll(cx))).await
    }

    /// Notes the state of the tags before the load. What is invalidated from here on makes its
    /// entry invalid, and lets no later caller join.
    fn draw_tags(&mut self, permit: &Permit<Outcome>) {
        self.drawn = self.tags.as_ref().map(|tags| self.cache.tags.draw(tags));
        self.drawn.iter().for_each(|drawn| permit.set_tags(drawn));
    }

    /// Begins the load, if the budget allows it.
    async fn load_within_budget(self, permit: Permit<Outcome>, cause: LoadCause) -> Next {
        let reserved = if self.cache.policy.get().budget == Budget::Off {
            Ok(None)
        } else {
            let time = self.remote.as_ref().map(|remote| &remote.budget);
            let mut reserved = Box::pin(reservation::reserve(&self.cache, time, 1));
            poll_fn(|cx| permit.progress().poll(cx, |cx| reserved.as_mut().poll(cx))).await
        };
        match reserved {
            Ok(None) => Next::Load(self.load(permit, cause)),
            Ok(Some(reservation)) => {
                let mut load = self.load(permit, cause);
                load.set_reservation(reservation);
                Next::Load(load)
            }
            Err(spent) => Next::Refused(Box::new(Refused { miss: self, permit, cause, spent })),
        }
    }

    fn load(self, permit: Permit<Outcome>, cause: LoadCause) -> Box<Load> {
        let Self { cache, remote, drawn, standby, note, soft_end, shared_load, .. } = self;
        let load = match shared_load {
            Some(_) => Load::begin_part(cache, permit, remote, drawn, cause, standby),
            None => Load::begin(cache, permit, remote, drawn, cause, standby),
        };
        Box::new(load.noted(note).softly(soft_end))
    }

    fn remote_hit(&self, entry: Entry) -> Outcome {
        self.cache.found_elsewhere(&entry);
        if self.is_background {
            return Outcome::Value(entry);
        }
        if self.counted {
            self.cache.counters.coalesced(Some(&entry));
        } else {
            self.cache.counters.remote_hit(entry.head().facts.spent);
        }
        self.note(&entry, Tier::Remote, self.counted);
        self.count_past_ttl(&entry);
        Outcome::Value(entry)
    }

    fn now(&self) -> Moment {
        self.cache.clock.now()
    }

    /// Counts the call as one miss at most, however often it looks.
    fn count_miss(&mut self) {
        if !self.is_background && !std::mem::replace(&mut self.counted, true) {
            self.cache.counters.misses.add(1);
        }
    }
}

/// The permit to store a value that nobody loaded.
pub(super) struct Putting {
    cache: Arc<Cache>,
    permit: Permit<Outcome>,
    remote: Option<Box<RemotePart>>,
    drawn: Option<Arc<TagSet>>,
}

impl Putting {
    /// Sends the value together with others.
    pub(super) fn together(mut self, combined: &Arc<Combined>) -> Self {
        self.remote.iter_mut().for_each(|remote| remote.combine(combined));
        self
    }

    /// Begins to store the value.
    pub(super) fn fill(
        self,
        decide: impl FnOnce() -> Decision,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> Filling {
        let Self { cache, permit, remote, drawn } = self;
        let of_load = OfLoad { tags: drawn, ..OfLoad::default() };
        // The user's code, which may call for this very key.
        let decision = cache.priced(Loading::nested(permit.progress()).scope(decide));
        fill(cache, permit, remote, of_load, decision, encode)
    }
}

/// Links the span of a wait to the load that it was for.
fn link(wait: &Span, follower: &Follower<Outcome>) {
    if !wait.is_disabled()
        && let Some(load) = follower.load_span()
    {
        wait.follows_from(&*load);
    }
}
