//! The future of a call that memory has no value for. It polls the function only when nothing else
//! has a value, either.
//!
//! It is written by hand so that next to nothing is compiled for each function: the parts that
//! depend on the types of values are compiled for each such type, and the rest, in [`Miss`], once.
//!
//! [`Miss`]: super::miss::Miss

use std::{
    future::Future,
    mem,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{
    fill::Filling,
    keyed::{Keyed, Tagged},
    load::{Load, Panic},
    miss::{Next, Refused},
};
use crate::{
    cache::Outcome,
    key::{Apart, KeyInPlace},
    returns::Unfinished,
    runtime,
    tag::Tags,
    timeout::Timeout,
};

/// The future of a call. Dropping it is safe at any point; a load that it ran passes to the next
/// caller who waits.
///
/// All of it is in boxes, which only a call that misses makes: so the future of a cached function
/// is hardly larger than its arguments.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<R, V, E, F> {
    course: Box<Course<R, V, E>>,
    load: Pin<Box<F>>,
}

/// Nothing in it is pinned in place: the futures that it polls are behind pointers.
impl<R, V, E, F> Unpin for Call<R, V, E, F> {}

/// A call that memory had no value for: without the function's future yet.
pub struct Missed<R, V, E>(Box<Course<R, V, E>>);

/// The key and the progress of a call.
struct Course<R, V, E> {
    keyed: Keyed<R, V, E>,
    /// The tags of the entry, where the function says some.
    tags: Option<Tags>,
    step: Step<V>,
}

/// The progress of a call.
enum Step<V> {
    /// Memory had no value for the key.
    Begin,
    /// The miss waits for another load or for the remote tier.
    Wait(Pin<Box<dyn Future<Output = Next> + Send>>),
    /// The function is to run, if the permit for it still stands.
    Granted(Box<Load>),
    /// The function runs, and its value will be stored.
    Load(Box<Load>),
    /// The function returned this value, which is being stored.
    Fill(Filling, Option<V>),
    /// The function runs as if it were not cached.
    Run,
}

impl<R, V, E> Missed<R, V, E> {
    /// Creates a call for which memory had no value.
    // Not a part of a hit's code.
    #[cold]
    #[inline(never)]
    pub(super) fn new(keyed: Keyed<R, V, E, Apart>, key: KeyInPlace) -> Self {
        Self::at(keyed.with(key), Step::Begin)
    }

    /// Creates a call that goes on with the outcome of `next`.
    pub(super) fn waiting(
        keyed: Keyed<R, V, E>,
        next: impl Future<Output = Next> + Send + 'static,
    ) -> Self {
        Self::at(keyed, Step::Wait(Box::pin(next)))
    }

    /// Creates a call that runs the function as if it were not cached.
    pub(super) fn uncached(keyed: Keyed<R, V, E>) -> Self {
        Self::at(keyed, Step::Run)
    }

    fn at(keyed: Keyed<R, V, E>, step: Step<V>) -> Self {
        Self(Box::new(Course { keyed, tags: None, step }))
    }

    /// Creates a call that has the permit to load.
    pub(super) fn loading(keyed: Keyed<R, V, E>, load: Box<Load>) -> Self {
        Self::at(keyed, Step::Granted(load))
    }

    /// Adds the tags of the entry. The key is made again with them: a hit needs none.
    #[must_use]
    #[inline(never)]
    pub fn tagged(mut self, tagged: Tagged<R, V, E>) -> Self {
        self.0.tags = Some(tagged.tags);
        self
    }

    /// Takes the key, and the tags of the entry.
    pub(super) fn into_keyed(self) -> (Keyed<R, V, E>, Option<Tags>) {
        (self.0.keyed, self.0.tags)
    }

    /// Returns the tags of the entry.
    pub(super) fn tags(&self) -> Option<&Tags> {
        self.0.tags.as_ref()
    }

    /// Returns the key.
    pub(super) fn keyed(&self) -> &Keyed<R, V, E> {
        &self.0.keyed
    }

    /// Returns the value: stored elsewhere, shared with a caller who loads it already, or loaded by
    /// the future that `run` makes.
    // Not inlined: the future is made on the stack before it moves into its box.
    #[inline(never)]
    pub fn call<F: Future<Output = R>>(self, run: impl FnOnce() -> F) -> Call<R, V, E, F> {
        Call { course: self.0, load: Box::pin(run()) }
    }
}

impl<R, V, E, F: Future<Output = R>> Future for Call<R, V, E, F> {
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let Self { course, load } = self.get_mut();
        course.poll(cx, &mut |cx| load.as_mut().poll(cx))
    }
}

impl<R, V, E> Course<R, V, E> {
    /// Polls a call once. `run` polls the function.
    ///
    /// A call within the function has this frame above its own on the stack, so it is small: all
    /// that goes before and comes after the function is in functions that are not inlined.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        loop {
            let done = match &self.step {
                Step::Run => return run(cx),
                Step::Load(load) if load.is_guarded() => ready!(self.poll_guarded(cx, run)),
                Step::Load(load) => {
                    let returned = ready!(load.poll(cx, run));
                    self.settle(returned)
                }
                _ => ready!(self.advance(cx)),
            };
            if let ControlFlow::Break(returned) = done {
                return Poll::Ready(returned);
            }
        }
    }

    /// Polls a function whose panic costs nobody an error, because another value stands in for its
    /// own, or whose time is limited.
    #[inline(never)]
    fn poll_guarded(
        &mut self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<ControlFlow<R>> {
        let Step::Load(load) = &mut self.step else { unreachable!("the function runs") };
        let returned = match catch_unwind(AssertUnwindSafe(|| load.poll(cx, run))) {
            Ok(Poll::Ready(returned)) => returned,
            Ok(Poll::Pending) => {
                let timeout = ready!(load.poll_timer(cx));
                return self.time_out(timeout);
            }
            Err(panic) => {
                let load = self.take_load();
                let value = self.keyed.panicked(load, panic);
                return Poll::Ready(self.result(Ok(value)));
            }
        };
        Poll::Ready(self.settle(returned))
    }

    /// Ends a load that has taken too long, if there is something to return in its place.
    fn time_out(&mut self, timeout: Timeout) -> Poll<ControlFlow<R>> {
        let Step::Load(load) = &mut self.step else { unreachable!("the function runs") };
        let error = self.keyed.returns.made_of(Unfinished::TimedOut(timeout));
        if error.is_none() && !load.could_stand_in() {
            load.take_your_time();
            return Poll::Pending;
        }
        // From here on the function runs for nobody, unless the value was invalidated just now.
        let load = self.take_load();
        load.leave_reservation();
        Poll::Ready(match self.keyed.timed_out(load, error) {
            Some(result) => self.result(result),
            None => ControlFlow::Continue(()),
        })
    }

    /// Takes the load of a function that has run.
    fn take_load(&mut self) -> Load {
        match mem::replace(&mut self.step, Step::Run) {
            Step::Load(load) => *load,
            _ => unreachable!("the function has run"),
        }
    }

    /// Takes a step of the call before the function runs, or after it.
    #[inline(never)]
    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<ControlFlow<R>> {
        let next = match &mut self.step {
            Step::Begin => {
                // A loop of misses that need not wait lets others run, too.
                ready!(runtime::poll_proceed(cx));
                self.begin()
            }
            Step::Wait(next) => match ready!(next.as_mut().poll(cx)) {
                Next::Take(outcome) => match self.keyed.take(outcome) {
                    Some(result) => return Poll::Ready(self.result(result)),
                    None => Step::Run,
                },
                Next::Load(load) => Step::Granted(load),
                Next::Refused(refused) => match self.keyed.refused(refused) {
                    Ok(result) => return Poll::Ready(self.result(result)),
                    Err(load) => Step::Granted(load),
                },
                Next::Renew(renewal) => Step::Wait(Box::pin(renewal.inline())),
                Next::Bypass => Step::Run,
            },
            Step::Granted(_) => self.confirm(),
            Step::Fill(filling, value) => {
                let landing = ready!(Pin::new(filling).poll(cx));
                let value = value.take().expect("a call that is ready is not polled again");
                landing.land(|key, facts| self.keyed.value.wrap(key, &value, facts));
                return Poll::Ready(self.result(Ok(value)));
            }
            Step::Load(_) | Step::Run => unreachable!("the function runs"),
        };
        self.step = next;
        Poll::Ready(ControlFlow::Continue(()))
    }

    /// Begins the load, or looks again where another caller may load by now.
    fn confirm(&mut self) -> Step<V> {
        let Step::Granted(load) = mem::replace(&mut self.step, Step::Run) else {
            unreachable!("the load is granted")
        };
        let cache = Arc::clone(load.cache());
        match load.confirmed() {
            Ok(load) => Step::Load(load),
            Err(rest) => Step::Wait(Box::pin(self.keyed.miss(cache).again(rest).seek())),
        }
    }

    fn begin(&self) -> Step<V> {
        match self.keyed.enabled_cache() {
            Some(cache) => {
                let miss = self.keyed.miss(cache).tagged(self.tags.as_ref());
                Step::Wait(Box::pin(miss.seek()))
            }
            None => Step::Run,
        }
    }

    /// Ends the load of a function that has returned: a value is to be stored, an error is final.
    #[inline(never)]
    fn settle(&mut self, returned: R) -> ControlFlow<R> {
        let load = self.take_load();
        let Keyed { returns, value: ops, .. } = &self.keyed;
        match (returns.split)(returned) {
            Ok(value) => {
                let filling = load.fill(
                    |of_value| ops.judge(&value, of_value),
                    |codec, size| ops.encode(&value, codec, size),
                );
                self.step = Step::Fill(filling, Some(value));
                ControlFlow::Continue(())
            }
            Err(error) => {
                let result = self.keyed.failed(load, error);
                self.result(result)
            }
        }
    }

    fn result(&self, result: Result<V, E>) -> ControlFlow<R> {
        ControlFlow::Break((self.keyed.returns.join)(result))
    }
}

impl<R, V, E> Keyed<R, V, E> {
    /// Returns this caller's copy of an outcome. `None` for a value of another type.
    pub(super) fn take(&self, outcome: Outcome) -> Option<Result<V, E>> {
        match outcome {
            Outcome::Value(entry) | Outcome::Found(entry, _) | Outcome::Standby(entry) => {
                self.value.take(entry).map(Ok)
            }
            Outcome::Error(error) => (self.returns.unshare)(&error).map(Err),
        }
    }

    /// Ends a load that failed: by the value that stands in for its own, or by the error.
    pub(super) fn failed(&self, load: Load, error: E) -> Result<V, E> {
        let served = load.fail(|| (self.returns.share)(&error), || self.returns.cost_of(&error));
        served.and_then(|entry| self.value.take(entry)).ok_or(error)
    }

    /// Ends a load that has taken too long: by the value that stands in for its own, or by an error.
    fn timed_out(&self, load: Load, error: Option<E>) -> Option<Result<V, E>> {
        match error {
            Some(error) => Some(self.failed(load, error)),
            None => load.fail(|| None, || Some(0)).and_then(|entry| self.value.take(entry)).map(Ok),
        }
    }

    /// Ends a load that the budget does not allow: by the value that stands in for its own, or by an
    /// error. Where there is neither, the load runs all the same.
    pub(super) fn refused(&self, refused: Box<Refused>) -> Result<Result<V, E>, Box<Load>> {
        let spent = Unfinished::Refused(refused.spent());
        let Some(error) = refused.within(|| self.returns.made_of(spent)) else {
            return match refused.stand_in() {
                Ok(entry) => match self.value.take(entry) {
                    Some(value) => Ok(Ok(value)),
                    None => unreachable!("an entry that stands by is of the caller's type"),
                },
                Err(refused) => Err(refused.load_anyway()),
            };
        };
        let served = match refused.stand_in() {
            Ok(entry) => self.value.take(entry),
            Err(refused) => {
                let shared = refused.within(|| (self.returns.share)(&error));
                refused.fail(shared);
                None
            }
        };
        Ok(served.ok_or(error))
    }

    /// Ends a load that panicked: by the value that stands in for its own, or by the panic.
    pub(super) fn panicked(&self, load: Load, panic: Panic) -> V {
        let served = load.fail_by_panic();
        served.and_then(|entry| self.value.take(entry)).unwrap_or_else(|| resume_unwind(panic))
    }
}
