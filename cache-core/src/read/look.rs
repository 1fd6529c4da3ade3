//! A look at one key from outside: where its value is, and what the next call will do. It counts
//! nothing, stores nothing and leaves the order of eviction in memory as it is.

use std::time::Duration;

use serde::Serialize;

use super::{remote_part::limited, reservation};
use crate::{
    cache::{Cache, KeptError, Shared},
    clock::Moment,
    codec::Unstorable,
    entry::Entry,
    key::{Key, StoredKey},
    remote::{Incoming, Reason, RemoteKey, StoredValue},
    timeline::{Age, Timeline},
};

/// The time for which a look waits for the remote tier: longer than a call, because a person waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// The state of one key in this process and in the remote tier.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Look {
    /// The next call's way.
    pub next: NextCall,
    /// `true` while a load of the key runs in this process.
    pub loading: bool,
    /// The time until the next load, where the last one has failed and an old value serves.
    #[serde(serialize_with = "crate::seconds::of_option", rename = "held_off_seconds")]
    pub held_off: Option<Duration>,
    /// `true` where the last value was not to be stored: by `cache_if`, or because its lifetime was
    /// zero.
    pub declined: bool,
    /// The reason for which the remote tier could not keep the last value.
    pub unstorable: Option<&'static str>,
    /// `true` where the budget of the cache does not allow a load now, as far as this node knows.
    pub over_budget: bool,
    /// The value in this process.
    pub memory: Found,
    /// The value in the remote tier; `None` for a cache of this process alone.
    pub remote: Option<Found>,
}

/// The way of the next call of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NextCall {
    /// It runs the function as if it were not cached.
    Off,
    /// It takes the value in memory.
    Memory,
    /// It takes the value in the remote tier.
    Remote,
    /// It takes the error that memory keeps.
    Error,
    /// It waits for the load that runs.
    Wait,
    /// It loads.
    Load,
}

/// The value of one tier for a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Found {
    /// The state of the value.
    pub state: State,
    /// The time since it was written.
    #[serde(serialize_with = "crate::seconds::of_option", rename = "age_seconds")]
    pub age: Option<Duration>,
    /// The time for which it is fresh yet; `None` for a value that has no end, or is not fresh.
    #[serde(serialize_with = "crate::seconds::of_option", rename = "fresh_for_seconds")]
    pub fresh_for: Option<Duration>,
    /// The reason for which the tier could not be asked.
    pub reason: Option<&'static str>,
    /// The same for people.
    pub hint: Option<&'static str>,
    /// The tag that made the value invalid, where the tier names it.
    pub tag: Option<String>,
}

/// The state of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// The tier has none. It keeps no trace of the cause.
    #[default]
    Absent,
    /// It serves calls.
    Fresh,
    /// It serves calls, and is due to be refreshed.
    RefreshDue,
    /// It is past its ttl, and serves while a new one is loaded.
    Stale,
    /// It is past its ttl, and serves only when a load fails.
    UsableOnError,
    /// It was made to expire, and serves only when a load fails.
    Expired,
    /// It is past its end.
    Over,
    /// One of its tags was invalidated.
    InvalidTag,
    /// Another node invalidated it, or a key of its group, or the cache was cleared.
    Invalid,
    /// This node was cut off for longer than the outage ttl.
    Untrusted,
    /// Its bytes are damaged, or not of this program.
    Corrupt,
    /// It is an error that is kept for a while.
    Error,
    /// The tier could not be asked.
    Unreachable,
}

/// Looks at `key` of `cache`.
pub(crate) async fn look(cache: &Cache, key: &Key) -> Look {
    let memory = in_memory(cache, key);
    let remote = match &cache.shared {
        Some(shared) => Some(in_remote(cache, shared, &shared.key(key)).await),
        None => None,
    };
    let stored = StoredKey::from(key);
    let now = cache.clock.now();
    let is_old = |found: &Found| matches!(found.state, State::UsableOnError | State::Expired);
    let expired = [Some(&memory), remote.as_ref()].into_iter().flatten().any(is_old);
    let due = cache.retries.of_key(&stored, !expired).filter(|at| now < *at);
    let unstorable = |shared: &Shared| shared.unstored(key, &shared.digest(key), || now);
    let look = Look {
        next: NextCall::Load,
        loading: cache.flights.has(&stored),
        held_off: due.map(|at| at.since(now)),
        declined: cache.declines(&stored),
        unstorable: cache.shared.as_ref().and_then(unstorable).map(Unstorable::as_str),
        over_budget: reservation::would_refuse(cache, is_out_of_reach(remote.as_ref())),
        memory,
        remote,
    };
    let is_asked_first = cache.shared.as_ref().is_none_or(|shared| shared.tiered);
    let is_fallback = cache.shared.as_ref().is_some_and(Shared::keeps_in_outage);
    let next = if cache.policy.is_enabled() {
        look.next_call(is_asked_first, is_fallback)
    } else {
        NextCall::Off
    };
    Look { next, ..look }
}

impl Look {
    /// Returns the way of the next call while the cache is on. Memory is asked first, or where the
    /// remote tier cannot be reached, or never.
    fn next_call(&self, is_asked_first: bool, is_fallback: bool) -> NextCall {
        let serves = |found: &Found| match found.state {
            State::Fresh | State::RefreshDue | State::Stale => true,
            State::UsableOnError | State::Expired => self.held_off.is_some(),
            _ => false,
        };
        let is_served_alone = is_fallback && is_out_of_reach(self.remote.as_ref());
        if serves(&self.memory) && (is_asked_first || is_served_alone) {
            NextCall::Memory
        } else if self.remote.as_ref().is_some_and(serves) {
            NextCall::Remote
        } else if self.memory.state == State::Error {
            NextCall::Error
        } else if self.loading {
            NextCall::Wait
        } else {
            NextCall::Load
        }
    }
}

fn is_out_of_reach(remote: Option<&Found>) -> bool {
    remote.is_some_and(|remote| remote.state == State::Unreachable)
}

/// Returns the state of what memory holds.
fn in_memory(cache: &Cache, key: &Key) -> Found {
    let Some(entry) = cache.look_at(key) else { return Found::default() };
    let now = cache.clock.now();
    let is_untrusted = cache.shared.as_ref().is_some_and(|shared| !shared.is_trusted(now));
    let state = match standing(cache, &entry) {
        _ if is_untrusted => State::Untrusted,
        Standing::Stands => of_age(entry.age(now), &entry, now),
        Standing::Expired if entry.age(now) != Age::Gone => State::Expired,
        Standing::Expired => State::Over,
        Standing::InvalidTag => State::InvalidTag,
        Standing::Invalid => State::Invalid,
    };
    let fresh_until = entry.fresh_until();
    Found::of(state, entry.time_since_written(now), left(fresh_until, now))
}

/// The standing of an entry, by what has ended since its load began.
enum Standing {
    Stands,
    /// It was made to expire.
    Expired,
    /// One of its tags was invalidated.
    InvalidTag,
    /// Its generation has ended.
    Invalid,
}

fn standing(cache: &Cache, entry: &Entry) -> Standing {
    let group = entry.head().facts.group;
    let generation = entry.cache_generation();
    if !entry.tags_are_valid() {
        Standing::InvalidTag
    } else if !cache.generations.is_valid(generation, group) {
        Standing::Invalid
    } else if generation == cache.generations.of(group) && entry.tags_stand() {
        Standing::Stands
    } else {
        Standing::Expired
    }
}

/// Returns the state of an entry that stands.
fn of_age(age: Age, entry: &Entry, now: Moment) -> State {
    let is_error = entry.value::<KeptError>().is_some();
    match age {
        Age::Gone => State::Over,
        Age::Fresh if is_error => State::Error,
        Age::Fresh if !entry.is_settled(now) => State::RefreshDue,
        Age::Fresh => State::Fresh,
        Age::Stale => State::Stale,
        Age::UsableOnError if entry.is_expired() => State::Expired,
        Age::UsableOnError => State::UsableOnError,
    }
}

/// Asks the remote tier. What it returns is not decoded and not kept.
async fn in_remote(cache: &Cache, shared: &Shared, key: &RemoteKey) -> Found {
    let tier = &shared.remote.tier;
    let stored = match tier.read(key, &[], PATIENCE).await {
        Ok(seen) => seen.stored,
        Err(reason) => return Found::unreachable(reason),
    };
    let mut incoming = match stored {
        StoredValue::Present(incoming) => incoming,
        StoredValue::Absent => return Found::default(),
        StoredValue::Corrupt => return Found { state: State::Corrupt, ..Found::default() },
    };
    let tags: Vec<_> = incoming.tags.iter().map(|tag| tag.key.clone()).collect();
    let seen = match &*tags {
        [] => Vec::new(),
        tags => match tier.tag_generations(tags, PATIENCE).await {
            Ok(seen) => seen,
            Err(reason) => return Found::unreachable(reason),
        },
    };
    let ended = incoming.end_by_tags(&seen).map(|tag| tag.key.name.to_string());
    of_stored(cache, &incoming, ended)
}

/// Returns the state of a stored value, one of whose tags has ended or none.
fn of_stored(cache: &Cache, incoming: &Incoming, ended: Option<String>) -> Found {
    let now = cache.clock.now();
    let age = incoming.age_by(&cache.clock);
    let left_of = limited(cache, incoming.lifetimes.after(age));
    let timeline = Timeline::of(left_of, now);
    let state = match timeline.age(now) {
        _ if ended.is_some() => State::InvalidTag,
        Age::Gone => State::Over,
        _ if incoming.expired => State::Expired,
        Age::Fresh => State::Fresh,
        Age::Stale => State::Stale,
        Age::UsableOnError => State::UsableOnError,
    };
    Found { tag: ended, ..Found::of(state, age, left(timeline.fresh_until(), now)) }
}

impl Found {
    fn of(state: State, age: Duration, fresh_for: Option<Duration>) -> Self {
        let is_fresh = matches!(state, State::Fresh | State::RefreshDue | State::Error);
        let fresh_for = fresh_for.filter(|_| is_fresh);
        Self { state, age: Some(age), fresh_for, ..Self::default() }
    }

    fn unreachable(reason: Reason) -> Self {
        let (reason, hint) = (Some(reason.as_str()), Some(reason.hint()));
        Self { state: State::Unreachable, reason, hint, ..Self::default() }
    }
}

/// Returns the time until `end`; `None` for one that never comes.
fn left(end: Moment, now: Moment) -> Option<Duration> {
    (end != Moment::NEVER).then(|| end.since(now))
}
