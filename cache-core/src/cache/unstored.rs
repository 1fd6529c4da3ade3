//! The keys whose values the remote tier cannot keep.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

use parking_lot::Mutex;

use crate::{clock::Moment, codec::Unstorable, remote::Digest};

/// The most keys, some 200 KiB. Beyond them all are forgotten: each is tried again.
const MOST: usize = 4096;
/// The time after which a key's next value is tried again: it may be one that can be kept.
const RETRY: Duration = Duration::from_secs(30);

/// The keys whose last value this process could not store in the remote tier.
///
/// Until they are tried again, their values are not encoded, and their loads take no lease, which
/// would make others wait for a value that they never get.
#[derive(Default)]
pub(crate) struct Unstored {
    /// `false` while there was none, so that other caches pay nothing.
    any: AtomicBool,
    keys: Mutex<HashMap<Digest, Refused>>,
}

struct Refused {
    reason: Unstorable,
    until: Moment,
}

impl Unstored {
    /// Notes the reason for which the key's value cannot be stored, or that it can be.
    pub(crate) fn note(&self, key: &Digest, reason: Option<&Unstorable>, now: Moment) {
        match reason {
            Some(reason) => self.refuse(key, Refused { reason: *reason, until: now + RETRY }),
            None if self.any.load(Relaxed) => {
                self.keys.lock().remove(key);
            }
            None => {}
        }
    }

    fn refuse(&self, key: &Digest, refused: Refused) {
        let mut keys = self.keys.lock();
        if keys.len() >= MOST {
            keys.clear();
        }
        keys.insert(*key, refused);
        self.any.store(true, Relaxed);
    }

    /// Counts the keys.
    pub(crate) fn len(&self) -> usize {
        if self.any.load(Relaxed) { self.keys.lock().len() } else { 0 }
    }

    /// Returns the reason for which the key's next value is not tried.
    pub(crate) fn reason(&self, key: &Digest, now: impl FnOnce() -> Moment) -> Option<Unstorable> {
        if !self.any.load(Relaxed) {
            return None;
        }
        let now = now();
        let keys = self.keys.lock();
        keys.get(key).filter(|refused| now < refused.until).map(|refused| refused.reason)
    }
}
