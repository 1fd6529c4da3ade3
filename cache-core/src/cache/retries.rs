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
    key::{Key, KeyHasher, StoredKey},
};

/// The longest time between two loads of a key that fails, as a multiple of the first.
const MOST: u32 = 10;
/// The most keys, some megabytes. A further one is not noted: its next call loads it again.
const MOST_KEYS: usize = 10_000;
/// The share of that time by which it is lengthened at random, so that keys which failed together
/// are not loaded together.
const JITTER: f64 = 0.1;

/// The keys whose last load has failed while a value of theirs was usable. They belong to the key,
/// because a value that is read again from the remote tier is another entry.
#[derive(Default)]
pub(crate) struct Retries {
    keys: Mutex<HashMap<StoredKey, Retry, KeyHasher>>,
    /// The number of keys, so that nobody takes the lock while nothing fails.
    count: AtomicUsize,
}

struct Retry {
    at: Moment,
    delay: Duration,
    /// The moment from which the key has no value that could be served.
    end: Moment,
}

impl Retries {
    /// Returns the moment of the next load of `key`, if its last one has failed.
    pub(crate) fn of(&self, key: &Key) -> Option<Moment> {
        if self.count.load(Acquire) == 0 {
            return None;
        }
        self.keys.lock().get(&StoredKey::from(key)).map(|retry| retry.at)
    }

    /// Notes that a load of `key` has failed at `now`. Its value serves until `end`. Returns the
    /// moment of the next load: after `first`, twice as long after each further failure.
    pub(crate) fn failed(
        &self,
        key: &StoredKey,
        now: Moment,
        first: Duration,
        end: Moment,
    ) -> Moment {
        let most = first * MOST;
        self.change(|keys| {
            let delay = keys.get(key).map_or(first, |last| (last.delay * 2).min(most));
            let jittered = delay.mul_f64(1.0 + JITTER * fastrand::f64()).min(most);
            let at = now + jittered;
            if keys.len() >= MOST_KEYS && !keys.contains_key(key) {
                keys.retain(|_, retry| now < retry.at);
            }
            if keys.len() < MOST_KEYS || keys.contains_key(key) {
                keys.insert(key.clone(), Retry { at, delay, end });
            }
            at
        })
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
    fn change<T>(&self, act: impl FnOnce(&mut HashMap<StoredKey, Retry, KeyHasher>) -> T) -> T {
        let mut keys = self.keys.lock();
        let result = act(&mut keys);
        self.count.store(keys.len(), Release);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    const FIRST: Duration = Duration::from_secs(10);

    fn key() -> StoredKey {
        numbered(1)
    }

    fn numbered(number: usize) -> StoredKey {
        StoredKey::from(&Key::of(&[&(number as u64)]))
    }

    #[test]
    fn the_time_doubles_with_each_failure_up_to_ten_times_itself() {
        let clock = Clock::isolated();
        clock.stop();
        let (retries, now) = (Retries::default(), clock.now());
        let delays: Vec<_> = (0..6)
            .map(|_| retries.failed(&key(), now, FIRST, Moment::NEVER).since(now).as_secs_f64())
            .collect();
        for (delay, least) in delays.iter().zip([10.0, 20.0, 40.0, 80.0, 100.0, 100.0]) {
            assert!((least..=least * 1.1).contains(delay) && *delay <= 100.0, "{delays:?}");
        }
        retries.forget(&key());
        let again = retries.failed(&key(), now, FIRST, Moment::NEVER).since(now);
        assert!(again < Duration::from_secs(12), "{again:?}");
    }

    #[test]
    fn more_keys_than_the_bound_are_not_noted_unless_others_are_due() {
        let clock = Clock::isolated();
        let (retries, now) = (Retries::default(), clock.now());
        let fail = |number, now| retries.failed(&numbered(number), now, FIRST, Moment::NEVER);
        (0..=MOST_KEYS).for_each(|number| _ = fail(number, now));
        assert_eq!(retries.len(), MOST_KEYS);
        fail(0, now);
        assert_eq!(retries.len(), MOST_KEYS, "one that is known stays");
        fail(MOST_KEYS, now + 2 * FIRST);
        assert_eq!(retries.len(), 2, "those that are due are forgotten first");
    }

    #[test]
    fn a_key_without_a_value_is_forgotten() {
        let clock = Clock::isolated();
        let (retries, now) = (Retries::default(), clock.now());
        retries.failed(&key(), now, FIRST, now + FIRST);
        retries.tidy(now);
        assert_eq!(retries.count.load(Acquire), 1);
        retries.tidy(now + FIRST);
        assert_eq!(retries.count.load(Acquire), 0);
    }
}
