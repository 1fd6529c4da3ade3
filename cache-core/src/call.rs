//! The read path: what a call of a cached function does, from its key to its answer.
//!
//! [`Call`] reads downwards: a hit returns; a miss takes its turn in the key's flight, where it either takes what another
//! caller's load came to or runs the function itself. It is a hand-written future so that next to nothing is compiled for
//! each function: what depends on the types of values is compiled for each such type, and the rest, in [`Cache`], once.

use std::{
    convert::Infallible,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use crate::{
    cache::{Boarded, Cache, Next, Outcome},
    entry::Entry,
    invalidation::Invalidation,
    key::{Key, StoredKey},
    load::Load,
    registry::Caches,
    returns::{IsResult, Returns},
    site::Site,
    value::{CacheValue, LocalValue, ValueOps},
};

/// A call site with its types: it returns `R`, which is a value `V` or an error `E`.
pub struct Typed<R, V, E> {
    site: &'static Site,
    returns: Returns<R, V, E>,
    value: ValueOps<V>,
}

/// A call site that returns a `Result`.
pub type Fallible<R> = Typed<R, <R as IsResult>::Ok, <R as IsResult>::Err>;

/// A call site that returns its value.
pub type Plain<R> = Typed<R, R, Infallible>;

impl<R, V, E> Returns<R, V, E> {
    /// The call site of a function whose values every tier can keep.
    #[inline]
    pub const fn stored(self, site: &'static Site) -> Typed<R, V, E>
    where
        V: CacheValue,
    {
        Typed { site, returns: self, value: ValueOps::new() }
    }

    /// The call site of a function whose values stay in memory.
    #[inline]
    pub const fn local(self, site: &'static Site) -> Typed<R, V, E>
    where
        V: LocalValue,
    {
        Typed { site, returns: self, value: ValueOps::new() }
    }
}

impl<R, V, E> Typed<R, V, E> {
    /// The answer for `key`: stored, shared with a caller who loads it already, or loaded by `load`.
    #[inline]
    pub fn call<'a, F: Future<Output = R>>(self, key: &'a Key, load: Pin<&'a mut F>) -> Call<'a, R, V, E, F> {
        Call { typed: self, key, load, step: Step::Look }
    }

    /// Runs `load` now and stores its value. An error leaves what is stored as it was.
    pub fn refresh<'a, F: Future<Output = R>>(
        self,
        key: &'a Key,
        load: Pin<&'a mut F>,
    ) -> Call<'a, R, V, E, F> {
        let cache = Caches::cache_of(self.site);
        let step = if cache.policy.enabled {
            let ticket = cache.begin_refresh(key);
            Step::Load(Load::begin(cache, ticket))
        } else {
            Step::Run
        };
        Call { typed: self, key, load, step }
    }

    /// The stored value for `key`, if it is fresh.
    #[expect(clippy::unused_async, reason = "a remote tier will be asked here")]
    pub async fn peek(self, key: Key) -> Option<V> {
        let cache = Caches::cache_of(self.site);
        cache.policy.enabled.then(|| cache.peek(&key)).flatten().and_then(|entry| (self.value.open)(&entry))
    }

    /// Stores `value` for `key`.
    #[expect(clippy::unused_async, reason = "a remote tier will be told here")]
    pub async fn put(self, key: Key, value: V) {
        let cache = Caches::cache_of(self.site);
        if cache.policy.enabled {
            cache.put(&key, |stored, facts| (self.value.wrap)(stored, &value, facts));
        }
    }

    /// Makes `key` unreadable.
    #[expect(clippy::unused_async, reason = "a remote tier will be told here")]
    pub async fn invalidate(self, key: Key) -> Invalidation {
        Caches::cache_of(self.site).invalidate(&StoredKey::from(&key))
    }

    #[inline]
    fn look(&self, key: &Key) -> Look {
        Caches::with_cache_of(self.site, |cache| {
            if !cache.policy.enabled {
                return Look::Disabled;
            }
            match cache.peek(key).filter(self.value.fits) {
                Some(entry) => {
                    cache.count_hit(&entry);
                    Look::Hit(entry)
                }
                None => Look::Miss(Arc::clone(cache)),
            }
        })
    }

    /// This caller's copy of what another's load came to. `None` for a value of another type.
    fn open(&self, outcome: &Outcome) -> Option<Result<V, E>> {
        match outcome {
            Outcome::Value(entry) => (self.value.open)(entry).map(Ok),
            Outcome::Error(error) => (self.returns.unshare)(error).map(Err),
        }
    }

    /// Settles with the flight, and returns what the function returned.
    fn settle(&self, load: Load, returned: R) -> R {
        let result = (self.returns.split)(returned);
        match &result {
            Ok(value) => load.land(|key, facts| (self.value.wrap)(key, value, facts)),
            Err(error) => load.fail((self.returns.share)(error)),
        }
        (self.returns.join)(result)
    }

    /// One poll of a call. `run` polls the function.
    fn proceed(
        &self,
        key: &Key,
        step: &mut Step,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        loop {
            let next = match step {
                Step::Look => match self.look(key) {
                    Look::Hit(entry) => match (self.value.open)(&entry) {
                        Some(value) => return Poll::Ready((self.returns.join)(Ok(value))),
                        None => Step::Run,
                    },
                    Look::Miss(cache) => Step::board(cache, key, self.value.fits),
                    Look::Disabled => Step::Run,
                },
                Step::Wait(cache, next) => Step::after(Arc::clone(cache), ready!(next.as_mut().poll(cx))),
                Step::Take(outcome) => match self.open(outcome) {
                    Some(result) => return Poll::Ready((self.returns.join)(result)),
                    None => Step::Run,
                },
                Step::Load(load) => {
                    let returned = ready!(load.poll(|| run(cx)));
                    let Step::Load(load) = mem::replace(step, Step::Run) else {
                        unreachable!("it was one above")
                    };
                    return Poll::Ready(self.settle(load, returned));
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
enum Step {
    /// Nothing was done yet.
    Look,
    /// Others load; this caller waits for its turn.
    Wait(Arc<Cache>, Pin<Box<dyn Future<Output = Next> + Send>>),
    /// Another's load came to this.
    Take(Outcome),
    /// The function runs, and what it returns is stored.
    Load(Load),
    /// The function runs as if it were not cached.
    Run,
}

impl Step {
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
            Next::Load(ticket) => Self::Load(Load::begin(cache, ticket)),
            Next::Take(outcome) => Self::Take(outcome),
            Next::Bypass => Self::Run,
        }
    }
}

/// A call on its way to its answer. Dropping it is safe at any point; a load that it ran passes to the next caller who waits.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'a, R, V, E, F> {
    typed: Typed<R, V, E>,
    key: &'a Key,
    load: Pin<&'a mut F>,
    step: Step,
}

impl<R, V, E, F: Future<Output = R>> Future for Call<'_, R, V, E, F> {
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let Self { typed, key, load, step } = self.get_mut();
        typed.proceed(key, step, cx, &mut |cx| load.as_mut().poll(cx))
    }
}
