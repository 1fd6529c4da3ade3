//! One key of a call site, with the types: what each companion of a cached function does with it.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc};

use super::{
    call::Call,
    invalidate::{Target, invalidate_keys},
    miss::Miss,
};
use crate::{
    cache::Cache,
    entry::Entry,
    invalidation::Invalidation,
    key::{CacheKey, Key},
    registry::Caches,
    returns::{IsResult, Returns},
    site::Site,
    value::{CacheValue, KeptAs, LocalValue, ValueOps},
};

/// One key of a call site, with the types: a call returns `R`, which is a value `V` or an error `E`.
pub struct Keyed<R, V, E> {
    pub(super) site: &'static Site,
    pub(super) returns: Returns<R, V, E>,
    pub(super) value: ValueOps<V>,
    pub(super) key: Key,
}

/// A key of a call site that returns a `Result`.
pub type At<R> = Keyed<R, Value<R>, <R as IsResult>::Err>;

/// The part of a `Result` that is stored.
pub type Value<R> = <R as IsResult>::Ok;

/// A key of a call site that returns its value.
pub type Plain<R> = Keyed<R, R, Infallible>;

/// The marker in place of a parameter that does not form the key.
#[derive(Clone, Copy, Debug)]
pub struct Skipped;

impl<R, V, E> Returns<R, V, E> {
    /// Makes a key of these parts, for a function whose values every tier can keep.
    #[inline]
    pub fn stored(self, site: &'static Site, parts: &[&dyn CacheKey]) -> Keyed<R, V, E>
    where
        V: CacheValue,
    {
        Keyed { site, returns: self, value: ValueOps::stored(), key: Key::of(parts) }
    }

    /// Makes a key of these parts, for a function whose values stay in memory.
    #[inline]
    pub fn local(self, site: &'static Site, parts: &[&dyn CacheKey]) -> Keyed<R, V, E>
    where
        V: LocalValue,
    {
        Keyed { site, returns: self, value: ValueOps::local(), key: Key::of(parts) }
    }

    /// Makes a key of a declared cache, for a function that loads its values.
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
    /// Returns the key, if `V` is a `D`.
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
    /// Makes a key of these parts, for a declared cache.
    pub(super) fn of_cache(site: &'static Site, value: ValueOps<V>, parts: &[&dyn CacheKey]) -> Self {
        Keyed { site, returns: Returns::plain(), value, key: Key::of(parts) }
    }
}

impl<R, V, E> Keyed<R, V, E> {
    /// Returns the value: stored, shared with a caller who loads it already, or loaded by `load`.
    #[inline]
    pub fn call<'a, F: Future<Output = R>>(&'a self, load: Pin<&'a mut F>) -> Call<'a, R, V, E, F> {
        Call::new(self, load)
    }

    /// Runs `load` now and stores its value. An error leaves the stored value as it was.
    pub fn refresh<'a, F: Future<Output = R>>(&'a self, load: Pin<&'a mut F>) -> Call<'a, R, V, E, F> {
        match self.enabled_cache() {
            Some(cache) => Call::waiting(self, load, self.miss(cache).refresh()),
            None => Call::uncached(self, load),
        }
    }

    /// Returns the stored value, if it is fresh.
    pub async fn peek(self) -> Option<V> {
        let cache = self.enabled_cache()?;
        let entry = match cache.look(&self.key) {
            None => self.miss(cache).peek().await,
            found => found,
        };
        self.open(entry)
    }

    /// Returns the stored value as [`peek`](Self::peek) does, and counts a hit or a miss.
    pub(super) async fn get(self) -> Option<V> {
        let cache = self.enabled_cache()?;
        let entry = match cache.look(&self.key) {
            None => self.miss(cache).get().await,
            Some(entry) => {
                cache.counters.hit(entry.load_nanos());
                Some(entry)
            }
        };
        self.open(entry)
    }

    /// Stores `value`. While the cache is off nothing is stored; then the stored value, which is
    /// older, is invalidated.
    pub async fn put(self, value: V) {
        let Some(cache) = self.enabled_cache() else {
            self.invalidate().await;
            return;
        };
        let filling = self.miss(cache).put(|codec| self.value.encode(&value, codec));
        if let Some(landing) = filling.await {
            landing.land(|key, facts| (self.value.wrap)(key, &value, facts));
        }
    }

    /// Invalidates the key.
    pub async fn invalidate(self) -> Invalidation {
        invalidate_keys(&Caches::cache_of(self.site), &[self.key]).await
    }

    /// Returns the key without the types, to be invalidated.
    pub fn target(self) -> Target {
        Target::Key(self.site, self.key)
    }

    /// Returns the cache in the current registry, unless it is switched off.
    fn enabled_cache(&self) -> Option<Arc<Cache>> {
        Some(Caches::cache_of(self.site)).filter(|cache| cache.policy.is_enabled())
    }

    pub(super) fn miss(&self, cache: Arc<Cache>) -> Miss {
        Miss::new(cache, &self.key, self.value.fits, self.value.decode)
    }

    fn open(&self, entry: Option<Entry>) -> Option<V> {
        entry.and_then(|entry| (self.value.open)(&entry))
    }
}
