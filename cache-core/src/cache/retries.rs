//! The moments of the next loads of keys whose last load has failed.

use std::{
    collections::HashMap,
    sync::atomic::{
        AtomicUsize,
        Ordering::{Acquire, Release},
    },
    time::Duration,
};

use parking_lot::Mutex;

use crate::{
    clock::Moment,
    entry::Entry,
    key::{KeyHasher, StoredKey},
};

/// The longest time between two loads of a key that fails, as a multiple of the first.
const MOST: u32 = 10;
/// The most keys, some megabytes. A further one is not noted: its next call loads it again.
const MOST_KEYS: usize = 10_000;
/// The share of that time by which it is lengthened at random, so that keys which failed together
/// are not loaded together.
const JITTER: f64 = 0.1;

type Keys = HashMap<StoredKey, Retry, KeyHasher>;

/// The keys whose last load has failed while a value of theirs was usable. They belong to the key,
/// because a value that is read again from the remote tier is another entry.
#[derive(Default)]
pub(crate) struct Retries {
    keys: Mutex<Keys>,
    /// The number of keys, so that nobody takes the lock while nothing fails.
    count: AtomicUsize,
}

/// The next load of a key whose last one has failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) at: Moment,
    /// The time between the last two, without its random part.
    pub(crate) delay: Duration,
}

struct Retry {
    due: Due,
    /// The moment from which the key has no value that could be served.
    end: Moment,
    /// `true` where its value had expired before the load.
    expired: bool,
}

impl Retries {
    /// Returns the moment of the next load of the key of `entry`, if its last one has failed. One
    /// that has expired since then holds nobody off.
    pub(crate) fn of(&self, entry: &Entry) -> Option<Moment> {
        self.of_key(entry.key(), entry.is_expired())
    }

    /// Returns the moment of the next load of `key`, whose value has expired or not, if its last
    /// one has failed.
    pub(crate) fn of_key(&self, key: &StoredKey, has_expired: bool) -> Option<Moment> {
        if self.count.load(Acquire) == 0 {
            return None;
        }
        let keys = self.keys.lock();
        let retry = keys.get(key);
        retry.filter(|retry| retry.expired || !has_expired).map(|retry| retry.due.at)
    }

    /// Notes that a load of the key of `entry` has failed at `now`, in place of which `entry` may
    /// serve. Returns the next load: after `first`, twice as long after each further failure.
    pub(crate) fn failed(&self, entry: &Entry, now: Moment, first: Duration) -> Due {
        let most = first * MOST;
        self.change(|keys| {
            let last = keys.get(entry.key());
            let delay = last.map_or(first, |last| (last.due.delay * 2).min(most));
            let jittered = delay.mul_f64(1.0 + JITTER * fastrand::f64()).min(most);
            let due = Due { at: now + jittered, delay };
            note(keys, entry, now, due);
            due
        })
    }

    /// Notes that a load of the key of `entry` has failed in another process.
    pub(crate) fn failed_elsewhere(&self, entry: &Entry, now: Moment, due: Due) {
        self.change(|keys| note(keys, entry, now, due));
    }

    /// Counts the keys.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Acquire)
    }

    /// Forgets `key`: it has a new value, or none.
    pub(crate) fn forget(&self, key: &StoredKey) {
        if self.count.load(Acquire) > 0 {
            self.change(|keys| keys.remove(key));
        }
    }

    /// Forgets all keys.
    pub(crate) fn forget_all(&self) {
        self.change(HashMap::clear);
    }

    /// Forgets the keys whose values serve nothing any more.
    pub(crate) fn tidy(&self, now: Moment) {
        if self.count.load(Acquire) > 0 {
            self.change(|keys| keys.retain(|_, retry| now < retry.end));
        }
    }

    /// Runs `act` on the keys, and counts them after it.
    fn change<T>(&self, act: impl FnOnce(&mut Keys) -> T) -> T {
        let mut keys = self.keys.lock();
        let result = act(&mut keys);
        self.count.store(keys.len(), Release);
        result
    }
}

/// Notes the next load of the key of `entry`, where there is room for it.
fn note(keys: &mut Keys, entry: &Entry, now: Moment, due: Due) {
    let key = entry.key();
    if keys.len() >= MOST_KEYS && !keys.contains_key(key) {
        keys.retain(|_, retry| now < retry.due.at);
    }
    if keys.len() < MOST_KEYS || keys.contains_key(key) {
        let retry = Retry { due, end: entry.end(), expired: entry.is_expired() };
        keys.insert(key.clone(), retry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, entry::Facts, key::Key, timeline::Timeline};

    const FIRST: Duration = Duration::from_secs(10);

    /// Returns a value of the key of this number that ends after `life`.
    fn value(number: u64, now: Moment, life: Option<Duration>) -> Entry {
        let key = Key::of(&[&number]);
        Entry::new(StoredKey::from(&key), 1, Facts::new(Timeline::fresh(now, life)))
    }

    #[test]
    fn the_time_doubles_with_each_failure_up_to_ten_times_itself() {
        let clock = Clock::isolated();
        clock.stop();
        let (retries, now) = (Retries::default(), clock.now());
        let value = value(1, now, None);
        let failed = || retries.failed(&value, now, FIRST).at.since(now);
        let delays: Vec<_> = (0..6).map(|_| failed().as_secs_f64()).collect();
        for (delay, least) in delays.iter().zip([10.0, 20.0, 40.0, 80.0, 100.0, 100.0]) {
            assert!((least..=least * 1.1).contains(delay) && *delay <= 100.0, "{delays:?}");
        }
        retries.forget(value.key());
        let again = failed();
        assert!(again < Duration::from_secs(12), "{again:?}");
    }

    #[test]
    fn keys_that_failed_together_are_not_due_together() {
        let clock = Clock::isolated();
        let (retries, now) = (Retries::default(), clock.now());
        let due = |number| retries.failed(&value(number, now, None), now, FIRST).at;
        let first = due(0);
        assert!((1..20).any(|number| due(number) != first));
    }

    #[test]
    fn more_keys_than_the_bound_are_not_noted_unless_others_are_due() {
        let clock = Clock::isolated();
        let (retries, now) = (Retries::default(), clock.now());
        let fail = |number: usize, at| retries.failed(&value(number as u64, now, None), at, FIRST);
        (0..=MOST_KEYS).for_each(|number| _ = fail(number, now));
        assert_eq!(retries.len(), MOST_KEYS);
        fail(0, now);
        assert_eq!(retries.len(), MOST_KEYS, "one that is known stays");
        fail(MOST_KEYS, now + 2 * FIRST);
        assert_eq!(retries.len(), 2, "those that are due are forgotten first");
    }

    #[test]
    fn a_failure_elsewhere_counts_as_one_of_its_own() {
        let clock = Clock::isolated();
        let (retries, now) = (Retries::default(), clock.now());
        let value = value(1, now, None);
        let due = Due { at: now + FIRST / 2, delay: 4 * FIRST };
        retries.failed_elsewhere(&value, now, due);
        assert_eq!(retries.of(&value), Some(due.at));
        assert_eq!(retries.failed(&value, now, FIRST).delay, 8 * FIRST);
    }

    #[test]
    fn a_key_without_a_value_is_forgotten() {
        let clock = Clock::isolated();
        let (retries, now) = (Retries::default(), clock.now());
        retries.failed(&value(1, now, Some(FIRST)), now, FIRST);
        retries.tidy(now);
        assert_eq!(retries.count.load(Acquire), 1);
        retries.tidy(now + FIRST);
        assert_eq!(retries.count.load(Acquire), 0);
    }

    #[test]
    fn a_value_that_has_expired_since_holds_nobody_off() {
        let clock = Clock::isolated();
        let (retries, now) = (Retries::default(), clock.now());
        let value = value(1, now, None);
        retries.failed(&value, now, FIRST);
        assert!(retries.of(&value).is_some());
        value.expire();
        assert!(retries.of(&value).is_none());
        retries.failed(&value, now, FIRST);
        assert!(retries.of(&value).is_some(), "its load has failed since");
    }
}
