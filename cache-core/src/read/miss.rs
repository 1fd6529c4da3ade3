//! A miss: the way of a call that memory has no value for, without types.
//!
//! [`Miss::seek`] reads downwards: read the remote tier; without a value there, join the key's
//! flight in this process; as its leader ask for the permit to load, which may mean to wait for
//! another process. A cache without a remote tier takes the same way, where the remote steps are
//! absent.

use std::{future::poll_fn, ops::ControlFlow, sync::Arc};

use super::{
    fill::{Landing, fill},
    load::Load,
    remote_part::RemotePart,
    thread_wait::{ThreadWait, Waited},
};
use crate::{
    cache::{Cache, Outcome},
    codec::{Codec, Unstorable},
    entry::Entry,
    flight::{Follower, Join, Permit, Relation, Wakeup, enclosing},
    generations::Group,
    key::Key,
    policy::FLIGHT_WAIT,
    value::Decode,
};

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
    /// `true` once the call is counted as a miss.
    counted: bool,
    caller: Caller,
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
    Load(Load),
    /// The caller takes this outcome.
    Take(Outcome),
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
        Self { key: key.clone(), group, fits, remote, counted: false, caller: Caller::Task, cache }
    }

    /// Makes the thread that calls wait by being parked.
    pub(super) fn by_thread(self) -> Self {
        Self { caller: Caller::Thread(ThreadWait::here()), ..self }
    }

    /// Finds a value, waits for one, or gets the permit to load one.
    pub(super) async fn seek(mut self) -> Next {
        loop {
            if let Some(outcome) = self.read().await {
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
                Join::Follow(follower) => match self.follow(follower).await {
                    Some(Wakeup::Load(permit)) => permit,
                    // The key may have been invalidated between the leader's read and this call.
                    Some(Wakeup::Landed(outcome)) if self.is_outdated(&outcome) => continue,
                    Some(Wakeup::Landed(outcome)) => {
                        self.cache.counters.coalesced.add(1);
                        return Next::Take(outcome);
                    }
                    None => return Next::Bypass,
                },
            };
            return match self.request_load(permit).await {
                Ok(permit) => {
                    self.count_miss();
                    Next::Load(self.load(permit))
                }
                Err(entry) => Next::Take(self.remote_hit(entry)),
            };
        }
    }

    /// Returns the fresh value that is stored remotely, or memory's while that is out of reach.
    pub(super) async fn peek(mut self) -> Option<Entry> {
        match self.read_remote().await {
            None => self.fallback(),
            found => found,
        }
    }

    /// Returns the value as [`peek`](Self::peek) does, and counts a hit or a miss.
    pub(super) async fn get(mut self) -> Option<Entry> {
        let counters = Arc::clone(&self.cache.counters);
        if let Some(entry) = self.read_remote().await {
            counters.remote_hit(entry.load_micros());
            return Some(entry);
        }
        let found = self.fallback();
        match &found {
            Some(entry) => counters.hit(entry.load_micros()),
            None => counters.misses.add(1),
        }
        found
    }

    /// Gets the permit to load, whatever is stored or loading: fills of loads that began before
    /// are dropped.
    pub(super) async fn refresh(mut self) -> Next {
        self.cache.counters.refreshes.add(1);
        let permit = self.supersede();
        match self.request_load(permit).await {
            Ok(permit) => Next::Load(self.load(permit)),
            Err(entry) => Next::Take(Outcome::Value(entry)),
        }
    }

    /// Brings a value that nobody loaded to the remote tier; its [`Landing`] stores it in memory.
    pub(super) async fn put(
        mut self,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> Option<Landing> {
        let permit = self.supersede();
        let permit = self.request_load(permit).await.ok()?;
        Some(fill(self.cache, permit, self.remote, None, encode).await)
    }

    /// Reads the remote tier, or memory while that is out of reach.
    async fn read(&mut self) -> Option<Outcome> {
        if let Some(entry) = self.read_remote().await {
            return Some(self.remote_hit(entry));
        }
        self.remote.as_ref().filter(|remote| remote.is_out_of_reach())?;
        self.look_again()
    }

    async fn read_remote(&mut self) -> Option<Entry> {
        self.remote.as_mut()?.read(&self.cache, &self.key).await
    }

    /// Returns the entry with which memory may answer while the remote tier is out of reach.
    fn fallback(&self) -> Option<Entry> {
        self.remote.as_ref().filter(|remote| remote.is_out_of_reach())?;
        self.cache.fallback(&self.key)
    }

    /// Looks into memory, where nobody else can tell of a value: a flight may have landed between
    /// the caller's look and its joining.
    fn look_again(&self) -> Option<Outcome> {
        let outcome = match &self.remote {
            None => Outcome::Value(self.cache.peek(&self.key).filter(self.fits)?),
            // Others may have joined who can see changes made elsewhere since.
            Some(remote) => Outcome::Found(self.fallback().filter(self.fits)?, remote.began()),
        };
        if let Outcome::Value(entry) | Outcome::Found(entry, _) = &outcome
            && !self.counted
        {
            self.cache.counters.hit(entry.load_micros());
        }
        Some(outcome)
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
        )
    }

    /// Waits for the flight while its load makes progress, for a bounded time, and then for the
    /// permit to load.
    async fn follow(&mut self, mut follower: Follower<Outcome>) -> Option<Wakeup<Outcome>> {
        self.count_miss();
        if let Some(remote) = &mut self.remote {
            // The state that was read before the wait may be over.
            remote.forget_read();
        }
        if let Caller::Thread(wait) = self.caller {
            return self.follow_by_thread(follower, wait).await;
        }
        if let ControlFlow::Break(wakeup) = self.wait(&mut follower).await {
            return wakeup;
        }
        self.load_beside();
        follower.stop_waiting();
        follower.wakeup().await
    }

    /// Waits for the flight as a thread does, and loads beside it where the wait could be for this
    /// very thread.
    async fn follow_by_thread(
        &mut self,
        mut follower: Follower<Outcome>,
        wait: ThreadWait,
    ) -> Option<Wakeup<Outcome>> {
        match wait.for_flight(&self.cache, &mut follower).await {
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
    async fn wait(&self, follower: &mut Follower<Outcome>) -> ControlFlow<Option<Wakeup<Outcome>>> {
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

    /// Asks the remote tier for the permit to load. The error is a value that has come meanwhile.
    async fn request_load(&mut self, permit: Permit<Outcome>) -> Result<Permit<Outcome>, Entry> {
        if let Caller::Thread(_) = self.caller {
            permit.progress().run_by_thread();
        }
        let Some(remote) = &mut self.remote else { return Ok(permit) };
        let progress = Arc::clone(permit.progress());
        // In a box: a hit does not carry along what only misses need.
        let mut request = Box::pin(remote.request_load(&self.cache, &self.key, permit));
        poll_fn(|cx| progress.poll(cx, |cx| request.as_mut().poll(cx))).await
    }

    fn load(self, permit: Permit<Outcome>) -> Load {
        Load::begin(self.cache, permit, self.remote)
    }

    fn remote_hit(&self, entry: Entry) -> Outcome {
        if self.counted {
            self.cache.counters.coalesced.add(1);
        } else {
            self.cache.counters.remote_hit(entry.load_micros());
        }
        Outcome::Value(entry)
    }

    /// Counts the call as one miss at most, however often it looks.
    fn count_miss(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.cache.counters.misses.add(1);
        }
    }
}
