//! One run of the function: a load of several keys.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tracing::{Span, warn};

use super::{
    Rules,
    part::{GroupOutcome, Part},
};
use crate::{
    batch_returns::{BatchReturn, Outcomes},
    cache::Cache,
    clock::Moment,
    flight::{Loading, Progress},
    money::Spent,
    observe,
    read::{
        fill::Landing,
        load::{Panic, Timer},
        together::Together,
    },
    returns::Unfinished,
    timeout::Timeout,
    wrong_length::WrongLength,
};

/// A run of the function.
struct Run {
    cache: Arc<Cache>,
    /// The loads of the keys, mostly one for all.
    loads: Vec<Arc<Progress>>,
    /// Tells whether a value may serve in place of one that fails to load.
    has_standby: bool,
    /// The loads that the function is part of.
    within: Option<Loading>,
    span: Span,
    began: Moment,
    timer: Option<Timer>,
}

/// The end of a run.
enum Ended<B> {
    Returned(B),
    TimedOut(Timeout),
    Panicked(Panic),
}

impl Run {
    fn begin<R, V, E>(cache: Arc<Cache>, parts: &[Part<R, V, E>]) -> Self {
        let span = observe::load_span(cache.site.name);
        let mut loads: Vec<Arc<Progress>> = Vec::new();
        for load in parts.iter().filter_map(|part| part.load.as_ref()) {
            load.is_part_of(&span);
            load.begin_spending();
            if !loads.iter().any(|known| Arc::ptr_eq(known, load.progress())) {
                loads.push(Arc::clone(load.progress()));
            }
        }
        let within = loads.iter().fold(None, |within: Option<Loading>, load| {
            Some(within.map_or_else(|| Loading::nested(load), |within| within.and(load)))
        });
        let mut of_keys = parts.iter().filter_map(|part| part.load.as_ref());
        let has_standby = of_keys.any(|load| load.has_standby());
        // A run is ended only where there is an error to return.
        let has_error = |timeout: Timeout| {
            let error = |part: &Part<R, V, E>| made_of(part, timeout);
            parts.iter().filter(|part| part.load.is_some()).find_map(error).is_some()
        };
        let timer = Timer::of(&cache).filter(|timer| has_error(timer.timeout(cache.site.name)));
        let began = cache.clock.precise();
        Self { cache, loads, has_standby, within, span, began, timer }
    }

    /// Polls the function to its end: within the loads of its keys, and in their span.
    ///
    /// It does not borrow the parts: they cannot be shared between threads, and its future goes from
    /// one to another.
    async fn drive<B>(&mut self, future: impl Future<Output = B>) -> Ended<B> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if !self.has_standby && self.timer.is_none() {
                return self.poll(cx, future.as_mut()).map(Ended::Returned);
            }
            let polled = catch_unwind(AssertUnwindSafe(|| self.poll(cx, future.as_mut())));
            match polled {
                Ok(Poll::Ready(returned)) => return Poll::Ready(Ended::Returned(returned)),
                Ok(Poll::Pending) => {}
                Err(panic) => return Poll::Ready(Ended::Panicked(panic)),
            }
            let name = self.cache.site.name;
            let Some(timer) = &mut self.timer else { return Poll::Pending };
            timer.poll(name, cx).map(Ended::TimedOut)
        })
        .await
    }

    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        mut future: Pin<&mut impl Future<Output = T>>,
    ) -> Poll<T> {
        let mut run = |cx: &mut Context<'_>| {
            let _within = self.within.as_ref().map(Loading::enter);
            let _span = self.span.enter();
            future.as_mut().poll(cx)
        };
        by_all(&self.loads, cx, &mut run)
    }
}

/// Polls by `run` as a part of all `loads`.
fn by_all<T>(
    loads: &[Arc<Progress>],
    cx: &mut Context<'_>,
    run: &mut dyn FnMut(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    match loads.split_first() {
        Some((load, others)) => load.poll(cx, |cx| by_all(others, cx, run)),
        None => run(cx),
    }
}

/// Makes the error of a load that took too long, where its function has one.
fn made_of<R, V, E>(part: &Part<R, V, E>, timeout: Timeout) -> Option<E> {
    part.returns.made_of(Unfinished::TimedOut(timeout))
}

/// Runs `future`, which is that of the function for `parts`, and stores what it returns.
pub(super) async fn run<B, R, V, E, F>(
    cache: Arc<Cache>,
    rules: Rules<E>,
    parts: Vec<Part<R, V, E>>,
    asked: B::Asked,
    future: F,
) -> GroupOutcome<V, E>
where
    B: BatchReturn<V, E>,
    F: Future<Output = B>,
{
    let mut run = Run::begin(cache, &parts);
    let ended = run.drive(future).await;
    let time = run.cache.clock.precise().since(run.began);
    let is_load = !run.loads.is_empty();
    let settling = Settling { run, time, parts };
    let cache = Arc::clone(&settling.run.cache);
    let (outcome, failed) = match ended {
        Ended::Returned(returned) => match returned.outcomes(asked) {
            Outcomes::Each(outcomes) => {
                let failed = !outcomes.is_empty() && outcomes.iter().all(Result::is_err);
                settling.count(failed);
                (settling.each(outcomes).await, failed)
            }
            Outcomes::Failed(error) => {
                settling.count(true);
                (settling.fail(error), true)
            }
            Outcomes::WrongLength { asked, returned } => {
                settling.count(true);
                let wrong = WrongLength::new(cache.site.name, asked, returned);
                (settling.wrong_length::<B>(rules, wrong), true)
            }
        },
        Ended::TimedOut(timeout) => {
            settling.count(true);
            let loads = settling.parts.iter().filter_map(|part| part.load.as_ref());
            loads.for_each(|load| load.leave_reservation());
            let returns = settling.parts.iter().find(|part| made_of(part, timeout).is_some());
            let returns = returns.expect("only what has such an error is timed").returns;
            let make =
                || returns.made_of(Unfinished::TimedOut(timeout)).expect("it was made before");
            (settling.time_out::<B>(make), true)
        }
        Ended::Panicked(panic) => return settling.panicked(panic),
    };
    if is_load {
        observe::record_load(cache.site.name, time, failed);
    }
    outcome
}

/// A run that has ended.
struct Settling<R, V, E> {
    run: Run,
    time: Duration,
    parts: Vec<Part<R, V, E>>,
}

impl<R, V, E> Settling<R, V, E> {
    /// Counts the load.
    fn count(&self, failed: bool) {
        if !self.run.loads.is_empty() {
            self.run.cache.counters.load(self.time, failed);
        }
    }

    /// Returns the part of the time that one key has.
    fn share(&self) -> Duration {
        let count = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        self.time.checked_div(count).unwrap_or_default()
    }

    /// Stores the values, by one request to each server, and ends the loads of the others.
    async fn each(self, outcomes: Vec<Result<V, E>>) -> GroupOutcome<V, E> {
        let share = self.share();
        let mut group = GroupOutcome::default();
        let mut values = Vec::new();
        let mut landings = Together::of(&self.run.cache);
        for (part, outcome) in self.parts.into_iter().zip(outcomes) {
            let Part { returns, value: ops, number, load, .. } = part;
            match (outcome, load) {
                (Ok(value), Some(mut load)) => {
                    load.combine(landings.combined());
                    let (filling, nanos) = load.fill_part(
                        share,
                        |of_value| ops.judge(&value, of_value),
                        |codec, size| ops.encode(&value, codec, size),
                    );
                    landings.add(Box::pin(filling));
                    let spent = Spent { micros: observe::micros(share), nanos };
                    values.push((number, value, ops, spent));
                }
                (Err(error), Some(load)) => {
                    let cost = returns.cost_of(&error);
                    load.count_money(cost);
                    let nanos = cost.unwrap_or_default();
                    let spent = Spent { micros: observe::micros(share), nanos };
                    let served = load.fail_part(|| (returns.share)(&error), spent);
                    let served = served.and_then(|entry| ops.take(entry));
                    group.settled.push((number, served.ok_or(error), Some(spent)));
                }
                (outcome, None) => group.settled.push((number, outcome, None)),
            }
        }
        let land = |place: usize, landing: Landing| {
            // Borrowed for this closure alone, so that values need not be `Sync`.
            let (_, value, ops, _) = &mut values[place];
            landing.land(|key, facts| ops.wrap(key, value, facts));
        };
        landings.finish(land).await;
        let stored =
            values.into_iter().map(|(number, value, _, spent)| (number, Ok(value), Some(spent)));
        group.settled.extend(stored);
        group
    }

    /// Ends the loads of a run that failed as a whole: by the values that stand in, or by the error.
    fn fail(self, error: E) -> GroupOutcome<V, E> {
        let share = self.share();
        let count = self.parts.len() as u64;
        let cost = self.parts.iter().find_map(|part| Some((part.load.as_ref()?, part.returns)));
        let cost = cost.and_then(|(load, returns)| {
            // The user's code, and part of the load.
            let within = self.run.within.as_ref().map(Loading::enter);
            let cost = returns.cost_of(&error);
            drop(within);
            load.count_money(cost);
            cost
        });
        let nanos = cost.unwrap_or_default().checked_div(count).unwrap_or_default();
        let spent = Spent { micros: observe::micros(share), nanos };
        let mut group = GroupOutcome::default();
        let mut is_served = true;
        for Part { returns, value, number, load, .. } in self.parts {
            let served = load.and_then(|load| load.fail_part(|| (returns.share)(&error), spent));
            match served.and_then(|entry| value.take(entry)) {
                Some(value) => group.settled.push((number, Ok(value), Some(spent))),
                None => is_served = false,
            }
        }
        group.failure = (!is_served).then_some(error);
        group
    }

    /// Ends the loads of a run each with an error of its own that `make` makes.
    fn fail_each(self, make: impl Fn() -> Result<V, E>) -> GroupOutcome<V, E> {
        let spent = Spent { micros: observe::micros(self.share()), nanos: 0 };
        let mut group = GroupOutcome::default();
        for Part { returns, value, number, load, .. } in self.parts {
            let outcome = make();
            let share = || outcome.as_ref().err().and_then(|error| (returns.share)(error));
            let is_load = load.is_some();
            let served = load.and_then(|load| load.fail_part(share, spent));
            let served = served.and_then(|entry| value.take(entry));
            let outcome = served.map_or(outcome, Ok);
            group.settled.push((number, outcome, is_load.then_some(spent)));
        }
        group
    }

    /// Ends a run that returned a wrong number of values.
    fn wrong_length<B: BatchReturn<V, E>>(
        self,
        rules: Rules<E>,
        wrong: WrongLength,
    ) -> GroupOutcome<V, E> {
        match rules.wrong_length {
            Some(make) if B::ERROR_OF_EACH => self.fail_each(|| Err(make(wrong))),
            Some(make) => self.fail(make(wrong)),
            None => {
                let cache = self.run.cache.site.name;
                warn!(cache, "{wrong}: each of them is `None`, and nothing is stored");
                self.fail_each(|| Ok(B::nothing().expect("a type without errors has `None`")))
            }
        }
    }

    /// Ends a run that has taken too long, by the errors that `make` makes.
    fn time_out<B: BatchReturn<V, E>>(self, make: impl Fn() -> E) -> GroupOutcome<V, E> {
        if B::ERROR_OF_EACH { self.fail_each(|| Err(make())) } else { self.fail(make()) }
    }

    /// Ends a run that panicked: by the values that stand in, or by the panic.
    fn panicked(self, panic: Panic) -> GroupOutcome<V, E> {
        let mut group = GroupOutcome::default();
        let mut is_served = true;
        for Part { value, number, load, .. } in self.parts {
            let served = load.and_then(|load| load.fail_by_panic());
            match served.and_then(|entry| value.take(entry)) {
                Some(value) => group.settled.push((number, Ok(value), Some(Spent::default()))),
                None => is_served = false,
            }
        }
        if is_served { group } else { resume_unwind(panic) }
    }
}
