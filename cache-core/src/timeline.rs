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

impl Timeline {
    /// A value that is fresh for `ttl` from `now` (`None`: for ever) and then gone.
    pub fn fresh(now: Moment, ttl: Option<Duration>) -> Self {
        let end = ttl.map_or(Moment::NEVER, |ttl| now + ttl);
        Self { fresh: end, stale: end, usable: end }
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
