//! The note of where a call's value came from, and what `served` returns of it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use parking_lot::Mutex;

use crate::{clock::Moment, entry::Entry, timeline::Age};

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
    /// The time for which the value is still fresh: zero for a stale one, and for one that is not
    /// stored; `None` for ever.
    pub fresh_for: Option<Duration>,
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

/// A note of the value that serves a call, in place of one that the call loads. The miss and the
/// load of the call write it; a call that nobody asks has none.
#[derive(Clone, Default)]
pub(super) struct Note(Option<Arc<Mutex<Noted>>>);

struct Noted {
    served: Served<()>,
    /// `true` once the call has its value: a load that goes on changes nothing any more.
    is_final: bool,
}

impl Note {
    /// Creates a note for a call that may load its value.
    pub(super) fn begin() -> Self {
        let served = Served::of_load(());
        Self(Some(Arc::new(Mutex::new(Noted { served, is_final: false }))))
    }

    /// Notes that the call has loaded its value, which is fresh for this time: zero for one that is not
    /// stored, `None` for ever.
    pub(super) fn load(&self, fresh_for: Option<Duration>) {
        self.write(|| Served { fresh_for, ..Served::of_load(()) }, false);
    }

    /// Notes that `entry`, found in `tier`, serves the call.
    pub(super) fn serve(
        &self,
        entry: &Entry,
        now: impl FnOnce() -> Moment,
        tier: Tier,
        coalesced: bool,
    ) {
        self.write(|| Served { tier, coalesced, ..Served::of((), entry, now()) }, false);
    }

    /// Notes the same of a call whose load goes on without it.
    pub(super) fn serve_without_load(
        &self,
        entry: &Entry,
        now: Moment,
        tier: Tier,
        coalesced: bool,
    ) {
        self.write(|| Served { tier, coalesced, ..Served::of((), entry, now) }, true);
    }

    fn write(&self, served: impl FnOnce() -> Served<()>, is_final: bool) {
        let Some(note) = &self.0 else { return };
        let mut noted = note.lock();
        if !noted.is_final {
            *noted = Noted { served: served(), is_final };
        }
    }

    pub(super) fn read(&self) -> Served<()> {
        self.0.as_ref().map_or(Served::of_load(()), |note| note.lock().served)
    }
}

impl<V> Served<V> {
    fn of_load(value: V) -> Self {
        let [age, fresh_for] = [Duration::ZERO; 2];
        let fresh_for = Some(fresh_for);
        Self { value, tier: Tier::Load, age, stale: false, coalesced: false, fresh_for }
    }

    /// Describes the value of `entry`, as memory holds it.
    pub(super) fn of(value: V, entry: &Entry, now: Moment) -> Self {
        let is_fresh = entry.age(now) == Age::Fresh;
        let age = entry.time_since_written(now);
        let end = entry.fresh_until();
        let fresh_for = (end != Moment::NEVER).then(|| end.since(now));
        Self { value, tier: Tier::Memory, age, stale: !is_fresh, coalesced: false, fresh_for }
    }

    pub(super) fn with<T>(self, value: T) -> Served<T> {
        let Self { tier, age, stale, coalesced, fresh_for, .. } = self;
        Served { value, tier, age, stale, coalesced, fresh_for }
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
