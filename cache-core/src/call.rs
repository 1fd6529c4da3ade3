//! The read path: what a call of a cached function does, from its key to its answer.
//!
//! `call` reads downwards: a hit returns; a miss takes its turn in the key's flight, where it either takes what another
//! caller's load came to or runs the function itself. Only this file is compiled for each function; all that does not
//! depend on its types is in [`Cache`].

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{
    cache::{Cache, Next, Outcome},
    flight::Ticket,
    invalidation::Invalidation,
    key::Key,
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
pub type Plain<R> = Typed<R, R, std::convert::Infallible>;

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

/// What a first look finds.
enum Look<V> {
    Hit(V),
    Miss(Arc<Cache>),
    Disabled,
}

impl<R, V, E> Typed<R, V, E> {
    /// The answer for `key`: stored, shared with a caller who loads it already, or loaded by `load`.
    ///
    /// Dropping the future is safe at any point; a load that it ran passes to the next caller who waits.
    #[inline]
    pub async fn call<F: Future<Output = R>>(self, key: &Key, load: Pin<&mut F>) -> R {
        match self.look(key) {
            Look::Hit(value) => (self.returns.join)(Ok(value)),
            Look::Miss(cache) => self.miss(cache, key, load).await,
            Look::Disabled => load.await,
        }
    }

    #[inline]
    fn look(&self, key: &Key) -> Look<V> {
        Caches::with_cache_of(self.site, |cache| {
            if !cache.policy.enabled {
                return Look::Disabled;
            }
            match cache.hit(key).and_then(|entry| (self.value.open)(&entry)) {
                Some(value) => Look::Hit(value),
                None => Look::Miss(Arc::clone(cache)),
            }
        })
    }

    async fn miss<F: Future<Output = R>>(self, cache: Arc<Cache>, key: &Key, load: Pin<&mut F>) -> R {
        match cache.next(key).await {
            Next::Load(ticket) => self.load(&cache, ticket, load).await,
            Next::Take(outcome) => match self.open(&outcome) {
                Some(result) => (self.returns.join)(result),
                // Two types of one name: the key cannot tell them apart, the value can.
                None => load.await,
            },
            Next::Bypass => load.await,
        }
    }

    /// The stored value for `key`, if it is fresh.
    #[expect(clippy::unused_async, reason = "a remote tier will be asked here")]
    pub async fn peek(self, key: Key) -> Option<V> {
        let cache = Caches::cache_of(self.site);
        cache.policy.enabled.then(|| cache.peek(&key)).flatten().and_then(|entry| (self.value.open)(&entry))
    }

    /// Runs `load` now and stores its value. An error leaves what is stored as it was.
    pub async fn refresh<F: Future<Output = R>>(self, key: &Key, load: Pin<&mut F>) -> R {
        let cache = Caches::cache_of(self.site);
        if !cache.policy.enabled {
            return load.await;
        }
        let ticket = cache.begin_refresh(key);
        self.load(&cache, ticket, load).await
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
        Caches::cache_of(self.site).invalidate(&key)
    }

    /// Runs the function with the right to load, and settles with the flight.
    async fn load<F: Future<Output = R>>(
        self,
        cache: &Cache,
        ticket: Ticket<Outcome>,
        load: Pin<&mut F>,
    ) -> R {
        let (returned, took) = cache.load(&ticket, load).await;
        let result = (self.returns.split)(returned);
        match &result {
            Ok(value) => cache.land(ticket, took, |stored, facts| (self.value.wrap)(stored, value, facts)),
            Err(error) => cache.fail(ticket, took, (self.returns.share)(error)),
        }
        (self.returns.join)(result)
    }

    /// This caller's copy of what another's load came to.
    fn open(&self, outcome: &Outcome) -> Option<Result<V, E>> {
        match outcome {
            Outcome::Value(entry) => (self.value.open)(entry).map(Ok),
            Outcome::Error(error) => (self.returns.unshare)(error).map(Err),
        }
    }
}
