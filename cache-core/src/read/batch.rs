//! A call of a function for several items, each with an entry of its own.
//!
//! Memory is asked for each item first. The others are sought together ([`seek`]): each goes the way
//! of a miss, and what they ask of the remote tier is one request. Those that this call leads are
//! loaded by one run of the function or several ([`group`]), while the call waits for those that others
//! load. So it never holds what it could load while it waits, and two calls whose items overlap do
//! not wait for each other, in whatever order they ask.

mod detached;
mod group;
mod part;
mod run;
mod seek;

use std::{
    borrow::Borrow,
    future::{Future, poll_fn},
    sync::Arc,
};

use self::{
    detached::Detached,
    group::Groups,
    part::Part,
    seek::{Missing, Seek},
};
use super::keyed::{Keyed, Tagged};
use crate::{
    batch_items::BatchItem,
    batch_returns::BatchReturn,
    cache::Cache,
    key::{Apart, KeyInPlace},
    made_of::MadeOfWrongLength,
    registry::Caches,
    runtime,
    site::Site,
    tag::Tags,
    wrong_length::WrongLength,
};

/// A call of a function for several items.
pub struct Batch<'l, I, E, A, T> {
    items: &'l [I],
    /// Copies an item.
    copy: fn(&I) -> I,
    /// Returns the key of an item.
    at: A,
    /// Returns the tags of an item's entry.
    tags: T,
    rules: Rules<E>,
}

/// The rules of the runs of a function.
pub(super) struct Rules<E> {
    /// The most items of one run.
    max: usize,
    /// The most runs at once.
    parallel: usize,
    /// Makes the error of a run that returned a wrong number of values.
    wrong_length: Option<fn(WrongLength) -> E>,
}

impl<E> Clone for Rules<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Rules<E> {}

/// The tags of an entry without any.
type NoTags<I> = fn(&I) -> Option<Tags>;

impl<'l, I, R, V, E, A> Batch<'l, I, E, A, NoTags<I>>
where
    A: Fn(&mut KeyInPlace, &I) -> Keyed<R, V, E, Apart>,
{
    /// Creates a call for `items`, each with the key that `at` makes in a place.
    pub fn of(items: &'l [I], at: A) -> Self
    where
        I: BatchItem,
    {
        let rules = Rules { max: usize::MAX, parallel: 1, wrong_length: None };
        Self { items, copy: I::copied, at, tags: |_| None, rules }
    }

    /// Adds the tags of each item's entry.
    pub fn tagged(
        self,
        tagged: impl Fn(&I) -> Tagged<R, V, E>,
    ) -> Batch<'l, I, E, A, impl Fn(&I) -> Option<Tags>> {
        let Self { items, copy, at, rules, .. } = self;
        Batch { items, copy, at, tags: move |item: &I| Some(tagged(item).tags), rules }
    }
}

impl<I, E, A, T> Batch<'_, I, E, A, T> {
    /// Splits what is to be loaded into runs of at most so many items.
    #[must_use]
    pub fn max(self, max: usize) -> Self {
        Self { rules: Rules { max, ..self.rules }, ..self }
    }

    /// Lets so many runs go on at once.
    #[must_use]
    pub fn parallel(self, parallel: usize) -> Self {
        Self { rules: Rules { parallel, ..self.rules }, ..self }
    }

    /// Makes an error of a wrong number of values.
    #[must_use]
    pub fn by_place(self) -> Self
    where
        E: MadeOfWrongLength,
    {
        Self { rules: Rules { wrong_length: Some(E::made_of), ..self.rules }, ..self }
    }
}

/// The finding of a look into memory.
enum Looked<B, R, V, E> {
    Found(Arc<Cache>, Found<B, R, V, E>),
    /// The cache is off.
    Off,
    /// The list is empty.
    NoItems,
}

/// The outcomes of the items so far.
struct Found<B, R, V, E> {
    /// Those of the items before the first that memory has no value for.
    before: B,
    /// The outcomes from that item on.
    after: Vec<Option<Result<V, E>>>,
    /// The items without an outcome.
    missing: Vec<Missing<R, V, E>>,
}

impl<I, R, V, E, A, T> Batch<'_, I, E, A, T>
where
    A: Fn(&mut KeyInPlace, &I) -> Keyed<R, V, E, Apart>,
    T: Fn(&I) -> Option<Tags>,
{
    /// Returns the values of all items, by their places or by the keys that `key_of` makes. `run`
    /// makes the future of the function for those of them that are to be loaded.
    pub async fn call<B, F>(self, key_of: impl Fn(&I) -> B::Key, run: impl Fn(Vec<I>) -> F) -> B
    where
        B: BatchReturn<V, E>,
        F: Future<Output = B>,
    {
        poll_fn(runtime::poll_proceed).await;
        let (cache, found) = match self.look::<B>(&key_of) {
            Looked::Found(cache, found) => (cache, found),
            Looked::Off => return run(self.items.iter().map(self.copy).collect()).await,
            Looked::NoItems => return B::with_room(0),
        };
        if found.missing.is_empty() {
            return found.before;
        }
        let rules = self.rules;
        let groups = Groups::inline(|parts: Vec<Part<R, V, E>>| {
            let item = |part: &Part<R, V, E>| (self.copy)(&self.items[part.place]);
            let items = parts.iter().map(item).collect();
            group::run(Arc::clone(&cache), rules, parts, items, &key_of, &run)
        });
        // In a box: all that a batch in memory does not need.
        Box::pin(self.fetch(&cache, found, &key_of, groups)).await
    }

    /// Returns the values as [`call`](Self::call) does. Loads run in tasks, with items that `own`
    /// makes; items whose values are stale are returned at once, and renewed together by a task.
    pub async fn call_detached<B, O, F>(
        self,
        key_of: impl Fn(&I) -> B::Key,
        own: impl Fn(&I) -> O,
        key_of_owned: impl Fn(&O) -> B::Key + Clone + Send + Sync + 'static,
        run: impl Fn(Vec<O>) -> F + Clone + Send + Sync + 'static,
    ) -> B
    where
        B: BatchReturn<V, E> + Send + 'static,
        B::Asked: 'static,
        F: Future<Output = B> + Send + 'static,
        O: Send + Sync + 'static,
        R: 'static,
        V: Send + 'static,
        E: Send + 'static,
    {
        poll_fn(runtime::poll_proceed).await;
        let (cache, found) = match self.look::<B>(&key_of) {
            Looked::Found(cache, found) => (cache, found),
            Looked::Off => return run(self.items.iter().map(own).collect()).await,
            Looked::NoItems => return B::with_room(0),
        };
        if found.missing.is_empty() {
            return found.before;
        }
        let rules = self.rules;
        let owned = |place: usize| own(&self.items[place]);
        if runtime::is_here() {
            let groups = Detached::new(&cache, rules, owned, key_of_owned, run);
            return Box::pin(self.fetch(&cache, found, &key_of, groups)).await;
        }
        let groups = Groups::inline(|parts: Vec<Part<R, V, E>>| {
            let items = parts.iter().map(|part| owned(part.place)).collect();
            group::run(Arc::clone(&cache), rules, parts, items, &key_of_owned, &run)
        });
        Box::pin(self.fetch(&cache, found, &key_of, groups)).await
    }

    /// Takes the values that memory has.
    fn look<B: BatchReturn<V, E>>(&self, key_of: impl Fn(&I) -> B::Key) -> Looked<B, R, V, E> {
        let mut found =
            Found { before: B::with_room(self.items.len()), after: Vec::new(), missing: vec![] };
        let mut opened = None;
        for (place, item) in self.items.iter().enumerate() {
            let mut key = KeyInPlace::empty();
            // Called here alone, so that it is a part of this function.
            let keyed = (self.at)(&mut key, item);
            let cache = match &opened {
                Some(cache) => cache,
                None => match self.begin(keyed.site) {
                    Some(cache) => &*opened.insert(cache),
                    None => return Looked::Off,
                },
            };
            match cache.hit_value(&key, keyed.value.open) {
                Some(value) if found.missing.is_empty() => {
                    found.before.add(|| key_of(item), Ok(value));
                }
                Some(value) => found.after.push(Some(Ok(value))),
                None => {
                    found.missing.push(Missing::new(keyed.with(key), place));
                    found.after.push(None);
                }
            }
        }
        let Some(cache) = opened else { return Looked::NoItems };
        cache.counters.batch_hits.add((self.items.len() - found.missing.len()) as u64);
        Looked::Found(cache, found)
    }

    /// Returns the cache, unless it is off, and counts the call in it.
    fn begin(&self, site: &'static Site) -> Option<Arc<Cache>> {
        let cache = Caches::cache_of(site);
        if !cache.policy.is_enabled() {
            return None;
        }
        cache.counters.batches.add(1);
        cache.counters.asked.add(self.items.len() as u64);
        cache.batch_sizes.record(cache.site.name, self.items.len());
        Some(cache)
    }

    /// Finds the values that memory does not have.
    async fn fetch<B, G>(
        &self,
        cache: &Arc<Cache>,
        found: Found<B, R, V, E>,
        key_of: impl Fn(&I) -> B::Key,
        groups: G,
    ) -> B
    where
        B: BatchReturn<V, E>,
        G: group::Start<R, V, E>,
    {
        let Found { mut before, mut after, missing } = found;
        let first = self.items.len() - after.len();
        let tags = |place: usize| (self.tags)(&self.items[place]);
        let seek = Seek::begin(cache, missing, tags);
        match seek.finish(groups, B::ERROR_OF_EACH).await {
            Ok(outcomes) => {
                for (place, outcome) in outcomes {
                    after[place - first] = Some(outcome);
                }
            }
            Err(error) => return B::failed(error),
        }
        for (item, outcome) in self.items[first..].iter().zip(after) {
            let outcome = outcome.expect("each item has an outcome by now");
            before.add(|| key_of(item), outcome);
        }
        before
    }
}

/// Borrows each of the items.
pub fn references<O: Borrow<T>, T: ?Sized>(items: &[O]) -> Vec<&T> {
    items.iter().map(Borrow::borrow).collect()
}
