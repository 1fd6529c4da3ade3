//! A miss: the way of a call that memory has no value for, without types.
//!
//! [`Miss::seek`] reads downwards: read the remote tier; without a value there, join the key's
//! flight in this process; as its leader ask for the permit to load, which may mean to wait for
//! another process. A cache without a remote tier takes the same way, where the remote steps are
//! absent.

mod outcome;
mod past_ttl;
mod permit;
mod put;
mod refused;
mod wait;

pub(in crate::read) use past_ttl::Renewal;
pub(in crate::read) use put::Putting;
pub(in crate::read) use refused::Refused;

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use super::{
    combined::Combined,
    load::{Load, LoadCause, Rest},
    note::Note,
    remote_part::{NotGranted, RemotePart},
    standby::Standby,
    thread_wait::ThreadWait,
};
use crate::{
    cache::{Cache, KeptError, Outcome, Replaced},
    clock::Moment,
    entry::Entry,
    flight::{Join, Permit, Progress, Relation, Wakeup, enclosing},
    generations::Group,
    key::Key,
    remote::TagKey,
    returns::AnyError,
    tag::{LoadTags, OfValue, Tags},
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
    /// The tags that the call names, and stamps behind them.
    tags: Option<Arc<[TagKey]>>,
    /// Tells the tags that the value says itself.
    of_value: Option<OfValue>,
    /// The tags before the load that the call is about to run.
    drawn: Option<LoadTags>,
    /// The value that the one of the call is to replace.
    replaced: Option<Box<Replaced>>,
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
            of_value: None,
            drawn: None,
            replaced: None,
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
        self.tags = tags.map(|tags| tags.keys(&self.cache.tags));
        self.of_value = tags.and_then(Tags::of_value).cloned();
        if let Some(remote) = &mut self.remote {
            remote.set_tags(self.tags.clone());
        }
        self
    }

    /// Makes the call look again, in place of a load that did not begin. It is counted as a miss
    /// already.
    pub(super) fn again(self, Rest { remote, tags, of_value, note }: Rest) -> Self {
        Self { remote, tags, of_value, note, counted: true, ..self }
    }

    /// Notes what serves the call.
    pub(super) fn noted(self, note: &Note) -> Self {
        Self { note: note.clone(), ..self }
    }

    /// Lets the call have an old value after `soft_timeout`, while its load goes on.
    pub(super) fn softly(self) -> Self {
        let soft_timeout = self.cache.policy.with(|policy| policy.soft_timeout);
        Self { soft_end: soft_timeout.map(|time| self.now() + time), ..self }
    }

    /// Makes the thread that calls wait by being parked.
    pub(super) fn by_thread(self) -> Self {
        Self { caller: Caller::Thread(ThreadWait::here()), ..self }
    }

    /// Finds a value, waits for one, or gets the permit to load one.
    #[expect(clippy::manual_async_fn, reason = "whose future would have room for `self` twice")]
    pub(super) fn seek(mut self) -> impl Future<Output = Next> + Send + 'static {
        async move {
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
                // In a box: a call that finds its value in the remote tier does not carry this along.
                match Box::pin(self.lead_or_follow()).await {
                    ControlFlow::Break(next) => return next,
                    ControlFlow::Continue(miss) => self = miss,
                }
            }
        }
    }

    /// Joins the key's flight: waits for its load, or gets the permit to load. Where neither comes
    /// of it, the call looks again.
    #[expect(clippy::manual_async_fn, reason = "as for `seek`")]
    fn lead_or_follow(mut self) -> impl Future<Output = ControlFlow<Next, Self>> + Send + 'static {
        async move {
            let permit = match self.join() {
                Join::Own => return ControlFlow::Break(Next::Bypass),
                Join::Lead(permit) => match self.look_again() {
                    Some(outcome) => {
                        permit.land(outcome.clone(), || ());
                        return ControlFlow::Break(Next::Take(outcome));
                    }
                    None => permit,
                },
                Join::Follow(follower) => match self.load_beside_or_follow(follower).await {
                    Some(Wakeup::Load(permit)) => permit,
                    Some(Wakeup::Landed(outcome)) => match self.landed(outcome) {
                        Some(outcome) => return ControlFlow::Break(Next::Take(outcome)),
                        None => return ControlFlow::Continue(self),
                    },
                    Some(Wakeup::LookAgain) => return ControlFlow::Continue(self),
                    None => return ControlFlow::Break(Next::Bypass),
                },
            };
            // Nor is this a part of a call that waits for another.
            ControlFlow::Break(Box::pin(self.load_for(permit, LoadCause::Miss)).await)
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
            Err(NotGranted::Found(entry)) => Next::Take(self.remote_hit(entry, self.now())),
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
            let now = self.now();
            let found = Some(entry).filter(|entry| entry.serves_at_once(now));
            match &found {
                Some(entry) => drop(self.remote_hit(entry.clone(), now)),
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

    /// Reads the remote tier, or memory while that is out of reach.
    async fn read(&mut self) -> Option<Outcome> {
        let found = self.read_remote().await;
        let entry = match found {
            Some(entry) => entry,
            None => self.fallback().filter(self.fits)?,
        };
        let is_remote = !self.remote.as_ref().is_some_and(|remote| remote.is_out_of_reach());
        let now = self.now();
        if entry.age(now) == Age::Gone {
            return None;
        }
        if entry.is_settled(now) || self.is_held_off(&entry) {
            return Some(if is_remote { self.remote_hit(entry, now) } else { self.found(entry) });
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

    fn now(&self) -> Moment {
        self.cache.clock.now()
    }
}
