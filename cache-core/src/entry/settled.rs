//! The moment until which an entry serves calls without a second look.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release},
};

use super::Entry;
use crate::clock::Moment;

/// The mark of an entry that has expired before its time. No clock shows it: the time is over at
/// every moment.
const EXPIRED: u64 = 0;

/// The moment until which an entry serves calls without a second look: the end of its ttl or, where
/// it is refreshed before, the start of that window. An atomic, because an entry may expire early.
#[derive(Debug)]
pub(super) struct Settled(AtomicU64);

impl Settled {
    pub(super) fn until(end: Moment) -> Self {
        Self(AtomicU64::new(end.to_bits().max(EXPIRED + 1)))
    }

    #[inline]
    pub(super) fn end(&self) -> Moment {
        Moment::from_bits(self.0.load(Acquire))
    }
}

impl Entry {
    /// Lets readers look at the age of the entry from `at` on, though it is fresh for longer.
    pub(crate) fn refreshed_from(self, at: Moment) -> Self {
        // Not an entry that has expired since.
        let earlier = |end: u64| Some(end.min(at.to_bits().max(EXPIRED + 1)));
        let _ = self.head().settled.0.fetch_update(Release, Acquire, earlier);
        self
    }

    /// Tells whether the entry is fresh and not due to be refreshed at `now`.
    pub(crate) fn is_settled(&self, now: Moment) -> bool {
        now < self.head().settled_until()
    }

    /// Makes the entry expire: it serves a call only when its load fails, until the end that it had
    /// when it was written.
    pub(crate) fn expire(&self) {
        self.head().settled.0.store(EXPIRED, Release);
        self.try_again();
    }

    /// Tells whether the entry has expired before its time.
    pub(crate) fn is_expired(&self) -> bool {
        self.head().settled.0.load(Acquire) == EXPIRED
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        clock::Clock,
        entry::Facts,
        memory::fake,
        timeline::{Age, Lifetimes, Timeline},
    };

    const TTL: Duration = Duration::from_secs(60);

    fn entry(lifetimes: Lifetimes, now: Moment) -> Entry {
        Entry::new((&fake::key(1)).into(), 7, Facts::new(Timeline::of(lifetimes, now)))
    }

    #[test]
    fn an_entry_that_has_expired_is_usable_on_error_until_the_end_that_it_had() {
        let now = Clock::isolated().now();
        let for_a_while = entry(Lifetimes::of(Some(TTL), Some(TTL), None), now);
        let for_ever = entry(Lifetimes::fresh(None), now);
        for entry in [&for_a_while, &for_ever] {
            assert_eq!((entry.age(now), entry.is_settled(now)), (Age::Fresh, true));
            entry.expire();
            assert_eq!((entry.age(now), entry.is_settled(now)), (Age::UsableOnError, false));
        }
        assert_eq!(for_a_while.age(now + TTL), Age::UsableOnError, "stale without it");
        assert_eq!(for_a_while.age(now + TTL * 2), Age::Gone);
        assert_eq!(for_ever.age(now + TTL * 1000), Age::UsableOnError);
    }

    #[test]
    fn an_entry_that_has_expired_stays_so() {
        let now = Clock::isolated().now();
        let entry = entry(Lifetimes::fresh(Some(TTL)), now);
        entry.expire();
        let entry = entry.refreshed_from(now + TTL / 2);
        assert!(entry.is_expired());
    }

    #[test]
    fn an_entry_in_its_window_is_fresh_and_not_settled() {
        let now = Clock::isolated().now();
        let entry = entry(Lifetimes::fresh(Some(TTL)), now).refreshed_from(now + TTL / 2);
        assert!(entry.is_settled(now + TTL / 3) && !entry.is_settled(now + TTL / 2));
        assert_eq!(entry.age(now + TTL / 2), Age::Fresh);
        assert_eq!(entry.age(now + TTL), Age::Gone);
    }
}
