//! The companions of a cached function that is not async: each parks its thread where the others
//! would be polled. They share everything else: caches, keys, flights and counters.

use std::future::Future;

use super::{
    invalidate::{Target, invalidate_all},
    keyed::Keyed,
    load::Load,
    miss::Next,
};
use crate::{invalidation::Invalidation, park::park};

impl<R, V, E> Keyed<R, V, E> {
    /// Returns the value that memory did not have, as [`call`](Self::call) does.
    pub fn call_now(&self, load: impl FnOnce() -> R) -> R {
        match self.enabled_cache() {
            Some(cache) => self.finish(self.miss(cache).by_thread().seek(), load),
            None => load(),
        }
    }

    /// Runs `load` now and stores its value, as [`refresh`](Self::refresh) does.
    pub fn refresh_now(&self, load: impl FnOnce() -> R) -> R {
        match self.enabled_cache() {
            Some(cache) => self.finish(self.miss(cache).by_thread().refresh(), load),
            None => load(),
        }
    }

    /// Returns the stored value, as [`peek`](Self::peek) does.
    pub fn peek_now(self) -> Option<V> {
        park(self.peek())
    }

    /// Stores `value`, as [`put`](Self::put) does.
    pub fn put_now(self, value: V) {
        park(self.put(value));
    }

    /// Invalidates the key, as [`invalidate`](Self::invalidate) does.
    pub fn invalidate_now(self) -> Invalidation {
        park(self.invalidate())
    }

    fn finish(&self, next: impl Future<Output = Next>, load: impl FnOnce() -> R) -> R {
        match park(next) {
            Next::Take(outcome) => match self.take(outcome) {
                Some(result) => (self.returns.join)(result),
                None => load(),
            },
            Next::Load(running) => {
                let returned = running.run(load);
                self.store(running, returned)
            }
            Next::Bypass => load(),
        }
    }

    /// Ends the load of a function that has returned.
    fn store(&self, load: Load, returned: R) -> R {
        let result = match (self.returns.split)(returned) {
            Ok(value) => {
                let landing = park(load.fill(|codec, size| self.value.encode(&value, codec, size)));
                landing.land(|key, facts| (self.value.wrap)(key, &value, facts));
                Ok(value)
            }
            Err(error) => {
                load.fail((self.returns.share)(&error));
                Err(error)
            }
        };
        (self.returns.join)(result)
    }
}

/// Invalidates all targets, as [`invalidate_all`] does.
pub fn invalidate_all_now(targets: impl IntoIterator<Item = Target>) -> Option<Invalidation> {
    park(invalidate_all(targets))
}
