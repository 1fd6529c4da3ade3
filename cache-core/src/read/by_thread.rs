//! The companions of a cached function that is not async: each parks its thread where the others
//! would be polled. They share everything else: caches, keys, flights and counters.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    call::Missed,
    invalidate::{Target, invalidate_all},
    keyed::Keyed,
    load::Load,
    miss::{Miss, Next},
};
use crate::{invalidation::Invalidation, park::park, tag::Tags};

/// The next step of a call that missed.
enum Then<R> {
    /// The caller takes this.
    Take(R),
    /// The caller runs the function, and stores its value.
    Load(Box<Load>),
    /// The caller runs the function as if it were not cached.
    Run,
}

impl<R, V, E> Missed<R, V, E> {
    /// Returns the value that memory did not have, as [`call`](Self::call) does.
    pub fn call_now(self, load: impl FnOnce() -> R) -> R {
        self.keyed().finish(self.keyed().seek_now(self.tags()), load)
    }
}

impl<R, V, E> Keyed<R, V, E> {
    /// Runs `load` now and stores its value, as [`refresh`](Self::refresh) does.
    pub fn refresh_now(&self, load: impl FnOnce() -> R) -> R {
        self.refresh_now_tagged(None, load)
    }

    /// Runs `load` as [`refresh_now`](Self::refresh_now) does, for an entry with these tags.
    pub(super) fn refresh_now_tagged(&self, tags: Option<&Tags>, load: impl FnOnce() -> R) -> R {
        let then = match self.enabled_cache() {
            Some(cache) => self.wait_for(self.miss(cache).tagged(tags).by_thread().refresh()),
            None => Then::Run,
        };
        self.finish(then, load)
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

    /// Lets the key expire, as [`expire`](Self::expire) does.
    pub fn expire_now(self) -> Invalidation {
        park(self.expire())
    }

    /// Calls the function by `miss`, or as if it were not cached.
    pub(super) fn call_by_thread(&self, miss: Option<Miss>, load: impl FnOnce() -> R) -> R {
        let then = miss.map_or(Then::Run, |miss| self.wait_for(miss.by_thread().seek()));
        self.finish(then, load)
    }

    #[inline(never)]
    fn seek_now(&self, tags: Option<&Tags>) -> Then<R> {
        match self.enabled_cache() {
            Some(cache) => self.wait_for(self.miss(cache).tagged(tags).by_thread().seek()),
            None => Then::Run,
        }
    }

    fn wait_for(&self, next: impl Future<Output = Next>) -> Then<R> {
        match park(next) {
            Next::Take(outcome) => match self.take(outcome) {
                Some(result) => Then::Take((self.returns.join)(result)),
                None => Then::Run,
            },
            Next::Load(load) => self.confirm(load),
            Next::Refused(refused) => match self.refused(refused) {
                Ok(result) => Then::Take((self.returns.join)(result)),
                Err(load) => self.confirm(load),
            },
            Next::Renew(renewal) => self.wait_for(Box::pin(renewal.inline())),
            Next::Bypass => Then::Run,
        }
    }

    /// Goes on with the load, or looks again where another caller may load by now.
    fn confirm(&self, load: Box<Load>) -> Then<R> {
        let cache = Arc::clone(load.cache());
        match load.confirmed() {
            Ok(load) => Then::Load(load),
            Err(rest) => self.wait_for(Box::pin(self.miss(cache).again(rest).by_thread().seek())),
        }
    }

    /// Runs `load`, if that is the next step.
    ///
    /// A call within the function has this frame above its own on the stack, so all else is in
    /// functions that are not inlined.
    fn finish(&self, then: Then<R>, load: impl FnOnce() -> R) -> R {
        match then {
            Then::Take(returned) => returned,
            Then::Load(running) if running.has_standby() => self.finish_guarded(running, load),
            Then::Load(running) => {
                let mut load = Some(load);
                let returned = running.run(&mut || load.take().map(|load| load()));
                self.store(running, returned)
            }
            Then::Run => load(),
        }
    }

    /// Runs `load`, whose panic costs nobody an error: another value stands in for its own.
    #[inline(never)]
    fn finish_guarded(&self, running: Box<Load>, load: impl FnOnce() -> R) -> R {
        let mut load = Some(load);
        let run = || running.run(&mut || load.take().map(|load| load()));
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(returned) => self.store(running, returned),
            Err(panic) => (self.returns.join)(Ok(self.panicked(*running, panic))),
        }
    }

    /// Ends the load of a function that has returned. Unboxed, the load would lie on the stack below
    /// the function.
    #[inline(never)]
    fn store(&self, load: Box<Load>, returned: Option<R>) -> R {
        let returned = returned.expect("it has run");
        let result = match (self.returns.split)(returned) {
            Ok(value) => {
                let filling = load.fill(
                    |of_value| self.value.judge(&value, of_value),
                    |codec, size| self.value.encode(&value, codec, size),
                );
                let landing = park(filling);
                landing.land(|key, facts| self.value.wrap(key, &value, facts));
                Ok(value)
            }
            Err(error) => self.failed(*load, error),
        };
        (self.returns.join)(result)
    }
}

/// Applies all targets, as [`invalidate_all`] does.
pub fn invalidate_all_now(targets: impl IntoIterator<Item = Target>) -> Option<Invalidation> {
    park(invalidate_all(targets))
}
