//! The companions of a cached function: what each does with one key.

use std::{
    future::Future,
    ops::ControlFlow,
    pin::Pin,
    slice,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    call::{Call, Missed},
    invalidate::{Target, end_keys},
    keyed::Keyed,
    miss::Miss,
};
use crate::{
    cache::Cache, ending::Ending, entry::Entry, invalidation::Invalidation, registry::Caches,
    runtime, tag::Tags,
};

/// Returns the fresh value in memory, and counts a hit; without one, the call that goes on. Pending
/// where there is a value and the task is to let others run first, until its [`Turn`]: so a hit
/// allocates nothing in this case, either.
#[inline(never)]
pub fn hit<R, V, E>(at: impl FnOnce() -> Keyed<R, V, E>) -> Poll<ControlFlow<R, Missed<R, V, E>>> {
    let keyed = at();
    let found = |cache: &Arc<Cache>| cache.hit_in_turn(&keyed.key, keyed.value.open);
    // No closure: it would move the key.
    Poll::Ready(match Caches::with_cache_of(keyed.site, found) {
        Poll::Ready(Some(value)) => ControlFlow::Break((keyed.returns.join)(Ok(value))),
        Poll::Ready(None) => ControlFlow::Continue(Missed::new(keyed)),
        Poll::Pending => return Poll::Pending,
    })
}

/// The future that ends when the task has let others run.
#[derive(Debug)]
pub struct Turn;

impl Future for Turn {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        runtime::poll_proceed(cx)
    }
}

/// Returns the fresh value in memory as [`hit`] does, for a thread.
#[inline(never)]
pub fn hit_now<R, V, E>(at: impl FnOnce() -> Keyed<R, V, E>) -> ControlFlow<R, Missed<R, V, E>> {
    let keyed = at();
    let found = |cache: &Arc<Cache>| cache.hit(&keyed.key, keyed.value.open);
    match Caches::with_cache_of(keyed.site, found) {
        Some(value) => ControlFlow::Break((keyed.returns.join)(Ok(value))),
        None => ControlFlow::Continue(Missed::new(keyed)),
    }
}

impl<R, V, E> Keyed<R, V, E> {
    /// Runs the function now, by the future that `run` makes, and stores its value. An error leaves
    /// the stored value as it was.
    pub fn refresh<F: Future<Output = R>>(self, run: impl FnOnce() -> F) -> Call<R, V, E, F> {
        self.refresh_tagged(None, run)
    }

    /// Runs the function as [`refresh`](Self::refresh) does, for an entry with these tags.
    pub(super) fn refresh_tagged<F: Future<Output = R>>(
        self,
        tags: Option<&Tags>,
        run: impl FnOnce() -> F,
    ) -> Call<R, V, E, F> {
        let missed = match self.enabled_cache() {
            Some(cache) => {
                let refresh = self.miss(cache).tagged(tags).refresh();
                Missed::waiting(self, refresh)
            }
            None => Missed::uncached(self),
        };
        missed.call(run)
    }

    /// Returns the stored value, if it is fresh or stale.
    pub fn peek(self) -> impl Future<Output = Option<V>> {
        self.peek_tagged(None)
    }

    /// Returns the stored value as [`peek`](Self::peek) does, of an entry with these tags.
    pub(super) async fn peek_tagged(self, tags: Option<Tags>) -> Option<V> {
        let cache = self.enabled_cache()?;
        let at_hand = cache.at_hand(&self.key).filter(self.value.fits());
        let entry = match at_hand.filter(|entry| entry.serves_at_once(cache.clock.now())) {
            None => self.miss(cache).tagged(tags.as_ref()).peek().await,
            found => found,
        };
        self.open(entry)
    }

    /// Returns the stored value as [`peek`](Self::peek) does, and counts a hit or a miss.
    pub(super) async fn get(self) -> Option<V> {
        let cache = self.enabled_cache()?;
        if let Some(value) = cache.hit(&self.key, self.value.open) {
            return Some(value);
        }
        let entry = self.miss(cache).get().await;
        self.open(entry)
    }

    /// Stores `value`. While the cache is off nothing is stored; then the stored value, which is
    /// older, is invalidated.
    pub fn put(self, value: V) -> impl Future<Output = ()> {
        self.put_tagged(None, value)
    }

    /// Stores `value` as [`put`](Self::put) does, in an entry with these tags.
    pub(super) async fn put_tagged(self, tags: Option<Tags>, value: V) {
        let Some(cache) = self.enabled_cache() else {
            self.invalidate().await;
            return;
        };
        let filling = self.miss(cache).tagged(tags.as_ref()).put(
            |of_value| self.value.judge(&value, of_value),
            |codec, size| self.value.encode(&value, codec, size),
        );
        if let Some(landing) = filling.await {
            landing.land(|key, facts| self.value.wrap(key, &value, facts));
        }
    }

    /// Invalidates the key.
    pub async fn invalidate(self) -> Invalidation {
        end_keys(&Caches::cache_of(self.site), slice::from_ref(&*self.key), Ending::Invalid).await
    }

    /// Lets the key expire: the next call loads, and the old value serves only when that fails.
    pub async fn expire(self) -> Invalidation {
        end_keys(&Caches::cache_of(self.site), slice::from_ref(&*self.key), Ending::Expired).await
    }

    /// Returns the key without the types, to be invalidated.
    pub fn target(self) -> Target {
        Target::key(self.site, self.key.into_key())
    }

    /// Returns the cache in the current registry, unless it is switched off.
    pub(super) fn enabled_cache(&self) -> Option<Arc<Cache>> {
        Some(Caches::cache_of(self.site)).filter(|cache| cache.policy.is_enabled())
    }

    pub(super) fn miss(&self, cache: Arc<Cache>) -> Miss {
        Miss::new(cache, &self.key, self.value.fits(), self.value.decode())
    }

    fn open(&self, entry: Option<Entry>) -> Option<V> {
        entry.and_then(|entry| (self.value.open)(&entry))
    }
}
