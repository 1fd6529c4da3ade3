//! A call that tells where its value came from.

use std::{
    future::{Future, poll_fn},
    sync::Arc,
};

use super::{
    call::Missed,
    keyed::{Keyed, Value},
    note::{Note, Served, ServedAs, Tier},
};
use crate::{cache::Cache, entry::Entry, returns::IsResult, runtime, tag::Tags};

/// The return type of `served` for a function that returns the `Result` `R`.
pub type ServedResult<R> = Result<Served<Value<R>>, <R as IsResult>::Err>;

impl<R, V, E> Keyed<R, V, E> {
    /// Calls the function as [`call`](Missed::call) does, and describes its value.
    pub fn served<F, S>(self, run: impl FnOnce() -> F) -> impl Future<Output = S>
    where
        F: Future<Output = R>,
        S: ServedAs<V, E>,
    {
        self.served_tagged(None, run)
    }

    /// Calls the function as [`served`](Self::served) does, for an entry with these tags.
    pub(super) async fn served_tagged<F, S>(self, tags: Option<Tags>, run: impl FnOnce() -> F) -> S
    where
        F: Future<Output = R>,
        S: ServedAs<V, E>,
    {
        poll_fn(runtime::poll_proceed).await;
        if let Some(served) = self.served_hit() {
            return S::served_as(Ok(served));
        }
        let note = Note::begin();
        let split = self.returns.split;
        let missed = match self.enabled_cache() {
            Some(cache) => {
                let seek = self.miss(cache).tagged(tags.as_ref()).noted(&note).seek();
                Missed::waiting(self, seek)
            }
            None => Missed::uncached(self),
        };
        let returned = missed.call(run).await;
        S::served_as(split(returned).map(|value| note.read().with(value)))
    }

    /// Calls the function as [`call_now`](Missed::call_now) does, and describes its value.
    pub fn served_now<S: ServedAs<V, E>>(self, run: impl FnOnce() -> R) -> S {
        self.served_now_tagged(None, run)
    }

    /// Calls the function as [`served_now`](Self::served_now) does, for an entry with these tags.
    pub(super) fn served_now_tagged<S: ServedAs<V, E>>(
        self,
        tags: Option<&Tags>,
        run: impl FnOnce() -> R,
    ) -> S {
        if let Some(served) = self.served_hit() {
            return S::served_as(Ok(served));
        }
        let note = Note::begin();
        let miss = |cache| self.miss(cache).tagged(tags).noted(&note);
        let miss = self.enabled_cache().map(miss);
        let returned = self.call_by_thread(miss, run);
        let outcome = (self.returns.split)(returned);
        S::served_as(outcome.map(|value| note.read().with(value)))
    }

    /// Returns the value that memory serves at once, and counts a hit.
    pub(super) fn served_hit(&self) -> Option<Served<V>> {
        let cache = self.enabled_cache()?;
        let entry = cache.hit(&self.key)?;
        self.describe(&cache, &entry, &Note::default())
    }

    /// Returns the stored value as [`get`](Self::get) does, and describes it.
    pub(super) async fn get_served(self) -> Option<Served<V>> {
        if let Some(served) = self.served_hit() {
            return Some(served);
        }
        let cache = self.enabled_cache()?;
        let note = Note::begin();
        let entry = self.miss(Arc::clone(&cache)).noted(&note).get().await?;
        self.describe(&cache, &entry, &note)
    }

    /// Describes the value of `entry`, which is in memory, unless the note tells of another place.
    fn describe(&self, cache: &Cache, entry: &Entry, note: &Note) -> Option<Served<V>> {
        let value = (self.value.open)(entry)?;
        let noted = note.read();
        let served = Served::of(value, entry, cache.clock.now());
        Some(if noted.tier == Tier::Remote { noted.with(served.value) } else { served })
    }
}
