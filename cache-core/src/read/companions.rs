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
    cache::{Cache, Unanswered},
    ending::Ending,
    entry::Entry,
    invalidation::Invalidation,
    key::{Apart, KeyInPlace},
    observe::Pace,
    registry::Caches,
    runtime,
    site::Site,
    tag::Tags,
};

/// Returns the fresh value in memory for the key that `at` makes, and counts a hit; without one, the
/// call that goes on. Pending where there is a value and the task is to let others run first, until
/// its [`Turn`]: so a hit allocates nothing in this case, either.
#[inline(never)]
pub fn hit<R, V, E>(
    at: impl FnOnce(&mut KeyInPlace) -> Keyed<R, V, E, Apart>,
) -> Poll<ControlFlow<R, Missed<R, V, E>>> {
    let mut key = KeyInPlace::empty();
    let keyed = at(&mut key);
    match Caches::hit(keyed.site, &key, Pace::OfTask) {
        Ok(entry) => match keyed.answered(&entry) {
            Some(returned) => Poll::Ready(ControlFlow::Break(returned)),
            // No closure: it would move the key.
            None => Poll::Ready(ControlFlow::Continue(Missed::new(keyed, key))),
        },
        Err(Unanswered::Absent) => Poll::Ready(ControlFlow::Continue(Missed::new(keyed, key))),
        Err(Unanswered::Later) => Poll::Pending,
    }
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
pub fn hit_now<R, V, E>(
    at: impl FnOnce(&mut KeyInPlace) -> Keyed<R, V, E, Apart>,
) -> ControlFlow<R, Missed<R, V, E>> {
    let mut key = KeyInPlace::empty();
    let keyed = at(&mut key);
    match Caches::hit(keyed.site, &key, Pace::AtOnce) {
        Ok(entry) => match keyed.answered(&entry) {
            Some(returned) => ControlFlow::Break(returned),
            None => ControlFlow::Continue(Missed::new(keyed, key)),
        },
        Err(_) => ControlFlow::Continue(Missed::new(keyed, key)),
    }
}

impl<R, V, E> Keyed<R, V, E, Apart> {
    /// Returns what a call returns with the entry that memory answers with; `None` for a value of
    /// another type.
    #[inline]
    fn answered(&self, entry: &Entry) -> Option<R> {
        let value = (self.value.open)(entry);
        if value.is_none() {
            take_back(self.site, entry);
        }
        value.map(|value| (self.returns.join)(Ok(value)))
    }
}

/// Takes back the hit of a call that the value of `entry` was not for.
#[cold]
fn take_back(site: &'static Site, entry: &Entry) {
    let spent = entry.head().facts.spent;
    Caches::with_cache_of(site, |cache| cache.counters.no_hit(spent));
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
        if let Some(value) = cache.hit_value(&self.key, self.value.open) {
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
