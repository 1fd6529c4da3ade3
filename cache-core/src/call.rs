//! The read path: what a call of a cached function does, from its key to its answer.
//!
//! [`Call`] reads downwards: a hit returns; a miss takes its turn in the key's flight, where it either takes what another
//! caller's load came to or runs the function itself. It is a hand-written future so that next to nothing is compiled for
//! each function: what depends on the types of values is compiled for each such type, and the rest, in [`Cache`], once.

use std::{
    convert::Infallible,
    future::Future,
    mem,
    ops::ControlFlow,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use crate::{
    cache::{Boarded, Cache, Next, Outcome, Trip},
    entry::Entry,
    invalidation::{Invalidation, Target},
    key::{CacheKey, Key, StoredKey},
    load::Load,
    registry::Caches,
    returns::{IsResult, Returns},
    site::Site,
    value::{CacheValue, KeptAs, LocalValue, ValueOps},
};

/// One key of a call site, with the types: a call returns `R`, which is a value `V` or an error `E`.
pub struct Keyed<R, V, E> {
    pub(crate) site: &'static Site,
    pub(crate) returns: Returns<R, V, E>,
    pub(crate) value: ValueOps<V>,
    pub(crate) key: Key,
}

/// A key of a call site that returns a `Result`.
pub type At<R> = Keyed<R, Value<R>, <R as IsResult>::Err>;

/// What is stored of a `Result`.
pub type Value<R> = <R as IsResult>::Ok;

/// A key of a call site that returns its value.
pub type Plain<R> = Keyed<R, R, Infallible>;

/// Stands where a parameter does that does not form the key.
#[derive(Clone, Copy, Debug)]
pub struct Skipped;

impl<R, V, E> Returns<R, V, E> {
    /// A key, made of these parts, of a function whose values every tier can keep.
    #[inline]
    pub fn stored(self, site: &'static Site, parts: &[&dyn CacheKey]) -> Keyed<R, V, E>
    where
        V: CacheValue,
    {
        Keyed { site, returns: self, value: ValueOps::stored(), key: Key::of(parts) }
    }

    /// A key, made of these parts, of a function whose values stay in memory.
    #[inline]
    pub fn local(self, site: &'static Site, parts: &[&dyn CacheKey]) -> Keyed<R, V, E>
    where
        V: LocalValue,
    {
        Keyed { site, returns: self, value: ValueOps::local(), key: Key::of(parts) }
    }

    /// A key of a declared cache, for a function that loads its values.
    #[inline]
    pub const fn declared<D>(self, at: Plain<D>) -> InDeclared<R, V, E, D> {
        InDeclared { returns: self, at }
    }
}

/// A key of a declared cache of `D`s, before it is known that a function's `V` is a `D`.
pub struct InDeclared<R, V, E, D> {
    returns: Returns<R, V, E>,
    at: Plain<D>,
}

impl<R, V, E, D> InDeclared<R, V, E, D> {
    /// The key, if it is.
    #[inline]
    pub fn kept(self) -> Keyed<R, V, E>
    where
        V: KeptAs<D>,
    {
        let Keyed { site, value, key, .. } = self.at;
        Keyed { site, returns: self.returns, value: V::kept(value), key }
    }
}

impl<V> Plain<V> {
    /// A key, made of these parts, of a declared cache.
    pub(crate) fn of_cache(site: &'static Site, value: ValueOps<V>, parts: &[&dyn CacheKey]) -> Self {
        Keyed { site, returns: Returns::plain(), value, key: Key::of(parts) }
    }
}

impl<R, V, E> Keyed<R, V, E> {
    /// The answer: stored, shared with a caller who loads it already, or loaded by `load`.
    #[inline]
    pub fn call<'a, F: Future<Output = R>>(&'a self, load: Pin<&'a mut F>) -> Call<'a, R, V, E, F> {
        Call { keyed: self, load, step: Step::Look }
    }

    /// Runs `load` now and stores its value. An error leaves what is stored as it was.
    pub fn refresh<'a, F: Future<Output = R>>(&'a self, load: Pin<&'a mut F>) -> Call<'a, R, V, E, F> {
        let cache = Caches::cache_of(self.site);
        let step = match self.trip(&cache) {
            _ if !cache.policy.is_enabled() => Step::Run,
            Some(trip) => Step::Wait(cache, Box::pin(trip.refresh())),
            None => {
                let ticket = cache.begin_refresh(&self.key, cache.group(&self.key));
                Step::Load(Load::begin(cache, ticket, None))
            }
        };
        Call { keyed: self, load, step }
    }

    /// The stored value, if it is fresh.
    pub async fn peek(self) -> Option<V> {
        let cache = Caches::cache_of(self.site);
        if !cache.policy.is_enabled() {
            return None;
        }
        let entry = match (cache.look(&self.key), self.trip(&cache)) {
            (None, Some(trip)) => trip.peek().await,
            (found, _) => found,
        };
        entry.and_then(|entry| (self.value.open)(&entry))
    }

    /// As [`peek`](Self::peek), and counted: a call that is answered, or not.
    pub(crate) async fn get(self) -> Option<V> {
        let cache = Caches::cache_of(self.site);
        if !cache.policy.is_enabled() {
            return None;
        }
        if let Some(entry) = cache.look(&self.key) {
            cache.count_hit(&entry);
            return (self.value.open)(&entry);
        }
        let found = match self.trip(&cache) {
            Some(trip) => trip.get().await,
            None => cache.miss(),
        };
        found.and_then(|entry| (self.value.open)(&entry))
    }

    /// Stores `value`. Where nothing is stored, because the cache is off, what it holds is older: that is made unreadable.
    pub async fn put(self, value: V) {
        let cache = Caches::cache_of(self.site);
        if !cache.policy.is_enabled() {
            cache.invalidate(&self.key).await;
            return;
        }
        let entry = (self.value.wrap)(StoredKey::from(&self.key), &value, cache.facts_of_put(&self.key));
        match self.trip(&cache) {
            Some(trip) => trip.put(entry).await,
            None => cache.put(entry),
        }
    }

    /// Makes the key unreadable.
    pub async fn invalidate(self) -> Invalidation {
        Caches::cache_of(self.site).invalidate(&self.key).await
    }

    /// The key without the types, to be made unreadable.
    pub fn target(self) -> Target {
        Target::Key(self.site, self.key)
    }

    /// The way to the remote tier, if the cache is shared.
    fn trip(&self, cache: &Arc<Cache>) -> Option<Box<Trip>> {
        Trip::new(Arc::clone(cache), &self.key, self.value.bytes?)
    }

    #[inline]
    fn look(&self) -> Look {
        Caches::with_cache_of(self.site, |cache| {
            if !cache.policy.is_enabled() {
                return Look::Disabled;
            }
            match cache.look(&self.key).filter(self.value.fits) {
                Some(entry) => {
                    cache.count_hit(&entry);
                    Look::Hit(entry)
                }
                None => Look::Miss(Arc::clone(cache)),
            }
        })
    }

    /// This caller's copy of what another's load came to, or of what was found. `None` for a value of another type.
    fn take(&self, outcome: Outcome) -> Option<Result<V, E>> {
        match outcome {
            Outcome::Value(entry) | Outcome::Found(entry, _) => (self.value.take)(entry).map(Ok),
            Outcome::Error(error) => (self.returns.unshare)(&error).map(Err),
        }
    }

    /// The function has returned: what is left to do before the caller has it.
    fn settle(&self, load: Load, returned: R) -> ControlFlow<R, Step<V>> {
        match (self.returns.split)(returned) {
            Ok(value) => {
                let entry = load.entry(|key, facts| (self.value.wrap)(key, &value, facts));
                if load.has_far_to_go() {
                    return ControlFlow::Continue(Step::Deliver(Box::pin(load.deliver(entry)), Some(value)));
                }
                load.land(entry);
                ControlFlow::Break((self.returns.join)(Ok(value)))
            }
            Err(error) => {
                load.fail((self.returns.share)(&error));
                ControlFlow::Break((self.returns.join)(Err(error)))
            }
        }
    }

    /// One poll of a call. `run` polls the function.
    fn proceed(
        &self,
        step: &mut Step<V>,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        loop {
            let next = match step {
                Step::Look => match self.look() {
                    Look::Hit(entry) => match (self.value.open)(&entry) {
                        Some(value) => return Poll::Ready((self.returns.join)(Ok(value))),
                        None => Step::Run,
                    },
                    Look::Miss(cache) => match self.trip(&cache) {
                        Some(trip) => Step::Wait(cache, Box::pin(trip.seek())),
                        None => Step::board(cache, &self.key, self.value.fits),
                    },
                    Look::Disabled => Step::Run,
                },
                Step::Wait(cache, next) => Step::after(Arc::clone(cache), ready!(next.as_mut().poll(cx))),
                Step::Take(_) => {
                    let Step::Take(outcome) = mem::replace(step, Step::Run) else {
                        unreachable!("it was one above")
                    };
                    match self.take(outcome) {
                        Some(result) => return Poll::Ready((self.returns.join)(result)),
                        None => continue,
                    }
                }
                Step::Load(load) => {
                    let returned = ready!(load.poll(|| run(cx)));
                    let Step::Load(load) = mem::replace(step, Step::Run) else {
                        unreachable!("it was one above")
                    };
                    match self.settle(load, returned) {
                        ControlFlow::Break(returned) => return Poll::Ready(returned),
                        ControlFlow::Continue(next) => next,
                    }
                }
                Step::Deliver(delivery, value) => {
                    ready!(delivery.as_mut().poll(cx));
                    let value = value.take().expect("a call that is ready is not polled again");
                    return Poll::Ready((self.returns.join)(Ok(value)));
                }
                Step::Run => return run(cx),
            };
            *step = next;
        }
    }
}

/// What a first look finds.
enum Look {
    Hit(Entry),
    Miss(Arc<Cache>),
    Disabled,
}

/// How far a call has come.
enum Step<V> {
    /// Nothing was done yet.
    Look,
    /// Others load, or the remote tier is asked; this caller waits for its turn.
    Wait(Arc<Cache>, Pin<Box<dyn Future<Output = Next> + Send>>),
    /// Another's load came to this.
    Take(Outcome),
    /// The function runs, and what it returns is stored.
    Load(Load),
    /// The function returned this; the remote tier is told before the caller.
    Deliver(Pin<Box<dyn Future<Output = ()> + Send>>, Option<V>),
    /// The function runs as if it were not cached.
    Run,
}

impl<V> Step<V> {
    fn board(cache: Arc<Cache>, key: &Key, fits: fn(&Entry) -> bool) -> Self {
        match cache.board(key, fits) {
            Boarded::Now(next) => Self::after(cache, next),
            Boarded::Waiting(follower) => {
                let next = Box::pin(Arc::clone(&cache).follow(follower));
                Self::Wait(cache, next)
            }
        }
    }

    fn after(cache: Arc<Cache>, next: Next) -> Self {
        match next {
            Next::Load(ticket, trip) => Self::Load(Load::begin(cache, ticket, trip)),
            Next::Take(outcome) => Self::Take(outcome),
            Next::Bypass => Self::Run,
        }
    }
}

/// A call on its way to its answer. Dropping it is safe at any point; a load that it ran passes to the next caller who waits.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'a, R, V, E, F> {
    keyed: &'a Keyed<R, V, E>,
    load: Pin<&'a mut F>,
    step: Step<V>,
}

/// Nothing in it is pinned in place: what it polls is behind a pointer.
impl<R, V, E, F> Unpin for Call<'_, R, V, E, F> {}

impl<R, V, E, F: Future<Output = R>> Future for Call<'_, R, V, E, F> {
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let Self { keyed, load, step } = self.get_mut();
        keyed.proceed(step, cx, &mut |cx| load.as_mut().poll(cx))
    }
}
