//! The life of an entry: fresh, then stale, then usable on error, then gone.

use std::time::Duration;

use crate::clock::{Moment, nanos};

/// The moments until which an entry may be used, by use. Each is exclusive, and none is before the
/// one above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    fresh: Moment,
    stale: Moment,
    usable: Moment,
    written: Written,
}

/// The moment at which a value was written, maybe by another process before this one began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written(u64);

impl Written {
    /// The moment `age` before `now`. It wraps: what counts is the distance.
    fn before(now: Moment, age: Duration) -> Self {
        Self(now.to_bits().wrapping_sub(nanos(age)))
    }

    fn since(self, now: Moment) -> Duration {
        Duration::from_nanos(now.to_bits().wrapping_sub(self.0))
    }
}

/// The place of a moment on an entry's timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Serves calls.
    Fresh,
    /// Serves calls while a new value is loaded.
    Stale,
    /// Serves a call only when its load fails.
    UsableOnError,
    /// Serves nothing.
    Gone,
}

/// The times for which a value may be used, by use, from the moment it is stored. `None`: for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// The time for which it serves calls.
    pub fresh: Option<Duration>,
    /// The time for which it serves calls while a new value is loaded.
    pub stale: Option<Duration>,
    /// The time for which it serves a call when its load fails.
    pub usable: Option<Duration>,
}

impl Lifetimes {
    /// Fresh for `ttl` and then gone.
    pub const fn fresh(ttl: Option<Duration>) -> Self {
        Self { fresh: ttl, stale: ttl, usable: ttl }
    }

    /// Fresh for `ttl`, stale for `stale` after that, and usable on error for `stale_if_error` after
    /// the ttl.
    pub fn of(
        ttl: Option<Duration>,
        stale: Option<Duration>,
        stale_if_error: Option<Duration>,
    ) -> Self {
        let after_ttl = |time: Option<Duration>| ttl.map(|ttl| ttl + time.unwrap_or_default());
        Self { fresh: ttl, stale: after_ttl(stale), usable: after_ttl(stale.max(stale_if_error)) }
    }

    /// Returns the rest of them after `age`.
    #[must_use]
    pub fn after(self, age: Duration) -> Self {
        self.map(|life| life.map(|life| life.saturating_sub(age)))
    }

    /// The same, none longer than `most`.
    #[must_use]
    pub fn at_most(self, most: Duration) -> Self {
        self.map(|life| Some(life.map_or(most, |life| life.min(most))))
    }

    fn map(self, change: impl Fn(Option<Duration>) -> Option<Duration>) -> Self {
        Self { fresh: change(self.fresh), stale: change(self.stale), usable: change(self.usable) }
    }
}

impl Timeline {
    /// The timeline of a value with `lifetimes` from `now` on.
    pub fn of(lifetimes: Lifetimes, now: Moment) -> Self {
        let end = |life: Option<Duration>| life.map_or(Moment::NEVER, |life| now + life);
        Self {
            fresh: end(lifetimes.fresh),
            stale: end(lifetimes.stale),
            usable: end(lifetimes.usable),
            written: Written::before(now, Duration::ZERO),
        }
    }

    /// The same, of a value that was written `age` before `now`.
    #[must_use]
    pub fn written_before(self, now: Moment, age: Duration) -> Self {
        Self { written: Written::before(now, age), ..self }
    }

    /// Returns the time from the write of the value to `now`.
    pub(crate) fn time_since_written(&self, now: Moment) -> Duration {
        self.written.since(now)
    }

    /// A value that is fresh for `ttl` from `now` (`None`: for ever) and then gone.
    pub fn fresh(now: Moment, ttl: Option<Duration>) -> Self {
        Self::of(Lifetimes::fresh(ttl), now)
    }

    /// Returns the moment from which the entry is no longer fresh.
    pub(crate) fn fresh_until(&self) -> Moment {
        self.fresh
    }

    /// Returns the moment from which the entry serves nothing.
    pub(crate) fn end(&self) -> Moment {
        self.usable
    }

    /// Returns the use that the entry has at `now`.
    #[inline]
    pub fn age(&self, now: Moment) -> Age {
        if now < self.fresh {
            Age::Fresh
        } else if now < self.stale {
            Age::Stale
        } else if now < self.usable {
            Age::UsableOnError
        } else {
            Age::Gone
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn an_entry_is_fresh_until_its_ttl_has_passed_and_not_an_instant_longer() {
        let clock = Clock::isolated();
        clock.stop();
        let timeline = Timeline::fresh(clock.now(), Some(Duration::from_secs(60)));
        clock.advance(Duration::from_secs(60) - Duration::from_nanos(1));
        assert_eq!(timeline.age(clock.now()), Age::Fresh);
        clock.advance(Duration::from_nanos(1));
        assert_eq!(timeline.age(clock.now()), Age::Gone);
    }

    #[test]
    fn forever_has_no_end() {
        let now = Clock::isolated().now();
        let timeline = Timeline::fresh(now, None);
        assert_eq!(timeline.age(now + Duration::from_secs(1 << 33)), Age::Fresh);
    }
}
