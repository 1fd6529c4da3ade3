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
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{fill::Filling, keyed::Keyed, load::Load, miss::Next};
use crate::cache::Outcome;

/// The future of a call. Dropping it is safe at any point; a load that it ran passes to the next
/// caller who waits.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'a, R, V, E, F> {
    keyed: &'a Keyed<R, V, E>,
    load: Pin<&'a mut F>,
    step: Step<V>,
}

/// Nothing in it is pinned in place: the futures that it polls are behind pointers.
impl<R, V, E, F> Unpin for Call<'_, R, V, E, F> {}

/// The progress of a call.
enum Step<V> {
    /// Memory had no value for the key.
    Begin,
    /// The miss waits for another load or for the remote tier.
    Wait(Pin<Box<dyn Future<Output = Next> + Send>>),
    /// The function runs, and its value will be stored.
    Load(Load),
    /// The function returned this value, which is being stored.
    Fill(Filling, Option<V>),
    /// The function runs as if it were not cached.
    Run,
}

impl<'a, R, V, E, F> Call<'a, R, V, E, F> {
    /// Creates a call for which memory had no value.
    pub(super) fn new(keyed: &'a Keyed<R, V, E>, load: Pin<&'a mut F>) -> Self {
        Self { keyed, load, step: Step::Begin }
    }

    /// Creates a call that goes on with the outcome of `next`.
    pub(super) fn waiting(
        keyed: &'a Keyed<R, V, E>,
        load: Pin<&'a mut F>,
        next: impl Future<Output = Next> + Send + 'static,
    ) -> Self {
        Self { keyed, load, step: Step::Wait(Box::pin(next)) }
    }

    /// Creates a call that runs the function as if it were not cached.
    pub(super) fn uncached(keyed: &'a Keyed<R, V, E>, load: Pin<&'a mut F>) -> Self {
        Self { keyed, load, step: Step::Run }
    }
}

impl<R, V, E, F: Future<Output = R>> Future for Call<'_, R, V, E, F> {
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let Self { keyed, load, step } = self.get_mut();
        keyed.proceed(step, cx, &mut |cx| load.as_mut().poll(cx))
    }
}

impl<R, V, E> Keyed<R, V, E> {
    /// Polls a call once. `run` polls the function.
    fn proceed(
        &self,
        step: &mut Step<V>,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        loop {
            let next = match step {
                Step::Begin => match self.enabled_cache() {
                    Some(cache) => Step::Wait(Box::pin(self.miss(cache).seek())),
                    None => Step::Run,
                },
                Step::Wait(next) => match ready!(next.as_mut().poll(cx)) {
                    Next::Take(outcome) => match self.take(outcome) {
                        Some(result) => return Poll::Ready((self.returns.join)(result)),
                        None => Step::Run,
                    },
                    Next::Load(load) => Step::Load(load),
                    Next::Bypass => Step::Run,
                },
                Step::Load(load) => {
                    let returned = ready!(load.poll(cx, &mut *run));
                    let Step::Load(load) = mem::replace(step, Step::Run) else {
                        unreachable!("it was one above")
                    };
                    match self.settle(load, returned) {
                        ControlFlow::Break(returned) => return Poll::Ready(returned),
                        ControlFlow::Continue(fill) => fill,
                    }
                }
                Step::Fill(filling, value) => {
                    let landing = ready!(Pin::new(filling).poll(cx));
                    let value = value.take().expect("a call that is ready is not polled again");
                    landing.land(|key, facts| (self.value.wrap)(key, &value, facts));
                    return Poll::Ready((self.returns.join)(Ok(value)));
                }
                Step::Run => return run(cx),
            };
            *step = next;
        }
    }

    /// Returns this caller's copy of an outcome. `None` for a value of another type.
    pub(super) fn take(&self, outcome: Outcome) -> Option<Result<V, E>> {
        match outcome {
            Outcome::Value(entry) | Outcome::Found(entry, _) => (self.value.take)(entry).map(Ok),
            Outcome::Error(error) => (self.returns.unshare)(&error).map(Err),
        }
    }

    /// Ends the load of a function that has returned: a value is to be stored, an error is final.
    fn settle(&self, load: Load, returned: R) -> ControlFlow<R, Step<V>> {
        match (self.returns.split)(returned) {
            Ok(value) => {
                let filling = load.fill(|codec, size| self.value.encode(&value, codec, size));
                ControlFlow::Continue(Step::Fill(filling, Some(value)))
            }
            Err(error) => {
                load.fail((self.returns.share)(&error));
                ControlFlow::Break((self.returns.join)(Err(error)))
            }
        }
    }
}
