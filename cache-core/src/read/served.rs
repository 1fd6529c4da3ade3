//! A call that tells where its value came from.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;

use super::{
    call::Missed,
    keyed::{Keyed, Value},
};
use crate::{
    cache::Cache, clock::Moment, entry::Entry, returns::IsResult, runtime, tag::Tags, timeline::Age,
};

/// A value, and where it came from. A function's companion `served` returns it, and so does
/// [`Cache::served`](crate::Cache::served).
///
/// ```
/// use cachery::{Tier, cached};
///
/// #[cached(ttl = "10m")]
/// async fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(square::served(3).await.tier, Tier::Load);
/// let hit = square::served(3).await;
/// assert_eq!((hit.value, hit.tier, hit.stale), (9, Tier::Memory, false));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served<V> {
    /// The value.
    pub value: V,
    /// The place where the value was found.
    pub tier: Tier,
    /// The time since the value was stored, wherever that was. Zero for a value that this call has
    /// loaded.
    pub age: Duration,
    /// `true` for a value past its ttl.
    pub stale: bool,
    /// `true` when the call waited for another caller's load.
    pub coalesced: bool,
}

/// The place where a call has found its value.
///
/// ```
/// assert_eq!(cachery::Tier::Memory.to_string(), "memory");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// The memory of this process.
    Memory,
    /// The remote tier, where another process may have stored it.
    Remote,
    /// A run of the function: of this call, or of another one that it waited for.
    Load,
}

impl Tier {
    /// Returns the name, as the label of a metric has it.
    ///
    /// ```
    /// assert_eq!(cachery::Tier::Load.as_str(), "load");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Remote => "remote",
            Self::Load => "load",
        }
    }
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The return type of `served` for a function that returns the `Result` `R`.
pub type ServedResult<R> = Result<Served<Value<R>>, <R as IsResult>::Err>;

/// A note of the value that serves a call, in place of one that the call loads. The miss and the
/// load of the call write it; a call that nobody asks has none.
#[derive(Clone, Default)]
pub(super) struct Note(Option<Arc<Mutex<Served<()>>>>);

impl Note {
    /// Creates a note for a call that may load its value.
    pub(super) fn begin() -> Self {
        Self(Some(Arc::new(Mutex::new(Served::of_load(())))))
    }

    /// Notes that `entry`, found in `tier`, serves the call.
    pub(super) fn serve(&self, entry: &Entry, now: Moment, tier: Tier, coalesced: bool) {
        if let Some(note) = &self.0 {
            *note.lock() = Served { tier, coalesced, ..Served::of((), entry, now) };
        }
    }

    pub(super) fn read(&self) -> Served<()> {
        self.0.as_ref().map_or(Served::of_load(()), |note| *note.lock())
    }
}

impl<V> Served<V> {
    fn of_load(value: V) -> Self {
        Self { value, tier: Tier::Load, age: Duration::ZERO, stale: false, coalesced: false }
    }

    /// Describes the value of `entry`, as memory holds it.
    fn of(value: V, entry: &Entry, now: Moment) -> Self {
        let is_fresh = entry.age(now) == Age::Fresh;
        let age = entry.time_since_written(now);
        Self { value, tier: Tier::Memory, age, stale: !is_fresh, coalesced: false }
    }

    pub(super) fn with<T>(self, value: T) -> Served<T> {
        let Self { tier, age, stale, coalesced, .. } = self;
        Served { value, tier, age, stale, coalesced }
    }
}

/// The return type of `served`: the value, or a `Result` of it.
pub trait ServedAs<V, E> {
    /// Makes it of the outcome of a call.
    fn served_as(outcome: Result<Served<V>, E>) -> Self;
}

impl<V> ServedAs<V, Infallible> for Served<V> {
    fn served_as(Ok(served): Result<Self, Infallible>) -> Self {
        served
    }
}

impl<V, E> ServedAs<V, E> for Result<Served<V>, E> {
    fn served_as(outcome: Self) -> Self {
        outcome
    }
}

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
        let entry = cache.hit(&self.key, |entry| Some(entry.clone()))?;
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
