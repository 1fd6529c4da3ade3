//! The life of an entry: fresh, then stale, then usable on error, then gone.

use std::time::Duration;

use crate::clock::Moment;

/// Until when an entry may be used, and for what. Each moment is exclusive, and none is before the one above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    fresh: Moment,
    stale: Moment,
    usable: Moment,
}

/// Where an entry stands on its timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Answers calls.
    Fresh,
    /// Answers calls while a new value is loaded.
    Stale,
    /// Answers a call only when its load fails.
    UsableOnError,
    /// Answers nothing.
    Gone,
}

/// How long a value may be used, and for what, from the moment it is stored. `None`: for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// It answers calls.
    pub fresh: Option<Duration>,
    /// It answers calls while a new value is loaded.
    pub stale: Option<Duration>,
    /// It answers a call when its load fails.
    pub usable: Option<Duration>,
}

impl Lifetimes {
    /// Fresh for `ttl` and then gone.
    pub const fn fresh(ttl: Option<Duration>) -> Self {
        Self { fresh: ttl, stale: ttl, usable: ttl }
    }

    /// What is left of them after `age`.
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
        Self { fresh: end(lifetimes.fresh), stale: end(lifetimes.stale), usable: end(lifetimes.usable) }
    }

    /// A value that is fresh for `ttl` from `now` (`None`: for ever) and then gone.
    pub fn fresh(now: Moment, ttl: Option<Duration>) -> Self {
        Self::of(Lifetimes::fresh(ttl), now)
    }

    /// What the entry may be used for at `now`.
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
