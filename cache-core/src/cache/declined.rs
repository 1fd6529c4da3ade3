//! The keys whose last value was not to be stored.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use parking_lot::Mutex;

use crate::{clock::Moment, key::StoredKey};

/// The most keys. Beyond them all are forgotten: the next callers of each wait for one load again.
const MOST: usize = 4096;
/// The time for which callers of a key wait for nobody, from its last declined value on.
const BESIDE: Duration = Duration::from_secs(10);

/// The keys of which a load has returned a value that was not to be stored.
///
/// For a while their callers load side by side: each would wait for a value that it never gets.
#[derive(Default)]
pub(crate) struct Declined {
    /// `false` while there was none, so that other caches pay nothing.
    any: AtomicBool,
    keys: Mutex<HashMap<StoredKey, Moment>>,
}

impl Declined {
    /// Notes that a value of `key` was not to be stored.
    pub(crate) fn note(&self, key: &StoredKey, now: Moment) {
        let mut keys = self.keys.lock();
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(key.clone(), now + BESIDE);
        self.any.store(true, Relaxed);
    }

    /// Forgets `key`: a value of it is stored.
    pub(crate) fn forget(&self, key: &StoredKey) {
        if self.any.load(Relaxed) {
            self.keys.lock().remove(key);
        }
    }

    /// Tells whether callers of `key` load side by side.
    pub(crate) fn has(&self, key: &StoredKey, now: Moment) -> bool {
        self.any.load(Relaxed) && self.keys.lock().get(key).is_some_and(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, memory::fake};

    #[test]
    fn a_key_is_declined_for_a_while_and_until_a_value_is_stored() {
        let clock = Clock::isolated();
        let declined = Declined::default();
        let key = StoredKey::from(&fake::key(1));
        assert!(!declined.has(&key, clock.now()));
        declined.note(&key, clock.now());
        assert!(declined.has(&key, clock.now()));
        assert!(!declined.has(&key, clock.now() + BESIDE));
        declined.forget(&key);
        assert!(!declined.has(&key, clock.now()));
    }

    #[test]
    fn many_keys_take_a_bounded_room() {
        let clock = Clock::isolated();
        let declined = Declined::default();
        for id in 0..10_000 {
            declined.note(&StoredKey::from(&fake::key(id)), clock.now());
        }
        assert!(declined.keys.lock().len() <= MOST);
    }
}
