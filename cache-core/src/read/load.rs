//! A load: one run of the user's function, with the permit to fill.

use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use tracing::Span;

use super::{
    combined::Combined,
    fill::{Filling, OfLoad, fill},
    note::Note,
    remote_part::{RemotePart, limited},
    reservation::Reservation,
    soft_timeout::SoftTimeout,
    standby::Standby,
};
use crate::{
    cache::{Cache, Due, Outcome, Replaced},
    clock::Moment,
    codec::{Codec, Unstorable},
    deciding::Judgement,
    entry::{Entry, Facts},
    flight::{Loading, Permit, Progress},
    generations::Group,
    money::Spent,
    observe::{self, StaleReason},
    remote::TagKey,
    returns::AnyError,
    tag::{LoadTags, OfValue, TagSet},
    timeline::Age,
    timeline::Lifetimes,
    timeout::Timeout,
};

/// A load that runs. Dropping it passes the permit to the next caller who waits.
pub(super) struct Load {
    cache: Arc<Cache>,
    permit: Permit<Outcome>,
    remote: Option<Box<RemotePart>>,
    /// The tags that the call names.
    named: Option<Arc<[TagKey]>>,
    /// The tags of its entry, as they are now.
    tags: Option<LoadTags>,
    loading: Loading,
    span: Span,
    began: Moment,
    cause: LoadCause,
    /// The value that serves when the load fails.
    standby: Option<Standby>,
    /// The value that the one of a `refresh` is to replace.
    replaced: Option<Box<Replaced>>,
    /// The note of what serves the call.
    note: Note,
    /// `None` where the load has all the time it needs.
    timer: Option<Timer>,
    /// The moment from which the value serves callers in place of a load that goes on.
    soft_end: Option<Moment>,
    /// The cost that the budget of the cache has set aside, where it has one.
    reservation: Option<Reservation>,
}

/// The rest of a call whose load was fenced off before it began.
pub(super) struct Rest {
    /// The remote part, with what is left of its time.
    pub(super) remote: Option<Box<RemotePart>>,
    /// The tags that the call names.
    pub(super) tags: Option<Arc<[TagKey]>>,
    /// The function that reads tags from a value.
    pub(super) of_value: Option<OfValue>,
    /// The note of what serves the call.
    pub(super) note: Note,
}

/// The time after which a load is ended.
pub(super) struct Timer {
    after: Duration,
    alarm: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Timer {
    /// Starts the timer of a load; `None` where it has all the time it needs.
    pub(super) fn of(cache: &Cache) -> Option<Self> {
        let after = cache.policy.with(|policy| policy.load_timeout)?;
        Some(Self { after, alarm: cache.clock.alarm(after) })
    }

    /// Returns what it says of a load of a value of the cache `name` that takes too long.
    pub(super) fn timeout(&self, name: &'static str) -> Timeout {
        Timeout::new(name, self.after)
    }

    /// Is ready once the load of a value of the cache `name` has taken longer than it may.
    pub(super) fn poll(&mut self, name: &'static str, cx: &mut Context<'_>) -> Poll<Timeout> {
        let timeout = self.timeout(name);
        self.alarm.as_mut().poll(cx).map(|()| timeout)
    }
}

/// The cause of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoadCause {
    /// Nothing serves the call, unless the load fails.
    Miss,
    /// A call of `refresh`.
    Call,
    /// The call found a value that is stale or due to be refreshed, and renews it for all.
    Inline,
    /// A task renews such a value, for nobody's call.
    Background,
}

/// The panic of a function whose load has a value in its place.
pub(super) type Panic = Box<dyn Any + Send>;

impl Load {
    /// Begins a load: from here on the function runs for `permit`.
    pub(super) fn begin(
        cache: Arc<Cache>,
        permit: Permit<Outcome>,
        remote: Option<Box<RemotePart>>,
        tags: Option<LoadTags>,
        cause: LoadCause,
        standby: Option<Standby>,
    ) -> Self {
        let span = observe::load_span(cache.site.name);
        permit.set_span(&span);
        let timer = Timer::of(&cache);
        Self { span, timer, ..Self::begin_part(cache, permit, remote, tags, cause, standby) }
    }

    /// Begins the part of one key in a load of several: span, timer and counts are those of the
    /// whole.
    pub(super) fn begin_part(
        cache: Arc<Cache>,
        permit: Permit<Outcome>,
        remote: Option<Box<RemotePart>>,
        tags: Option<LoadTags>,
        cause: LoadCause,
        standby: Option<Standby>,
    ) -> Self {
        Self {
            timer: None,
            soft_end: None,
            reservation: None,
            loading: Loading::nested(permit.progress()),
            span: Span::none(),
            began: cache.clock.precise(),
            cache,
            permit,
            remote,
            named: None,
            tags,
            cause,
            standby,
            replaced: None,
            note: Note::default(),
        }
    }

    /// Notes the tags that the call names.
    pub(super) fn named(self, named: Option<Arc<[TagKey]>>) -> Self {
        Self { named, ..self }
    }

    /// Notes what serves the call.
    pub(super) fn noted(self, note: Note) -> Self {
        Self { note, ..self }
    }

    /// Makes the value replace this one.
    pub(super) fn replacing(self, replaced: Option<Box<Replaced>>) -> Self {
        Self { replaced, ..self }
    }

    /// Lets callers have the value that stands by from `end` on, while the load goes on.
    pub(super) fn softly(self, end: Option<Moment>) -> Self {
        Self { soft_end: end, ..self }
    }

    /// Notes the cost that the budget of the cache has set aside.
    pub(super) fn set_reservation(&mut self, reservation: Reservation) {
        self.reservation = Some(reservation);
    }

    /// Returns the load, if it may begin: to be asked just before its function runs. Else something
    /// has fenced it off since it got its permit, so that another caller may load the key by now:
    /// the permit is given back, and the call looks again.
    pub(super) fn confirmed(self: Box<Self>) -> Result<Box<Self>, Rest> {
        // A `refresh` runs the function whatever others do.
        if self.cause == LoadCause::Call || !self.permit.leads_in_vain() {
            return Ok(self);
        }
        let of_value = self.tags.as_ref().and_then(LoadTags::of_value).cloned();
        let Self { mut remote, named: tags, note, .. } = *self;
        if let Some(remote) = &mut remote {
            remote.give_back_permit();
        }
        Err(Rest { remote, tags, of_value, note })
    }

    /// Notes that the function begins, and may cost something.
    pub(super) fn begin_spending(&self) {
        self.reservation.iter().for_each(Reservation::begin);
    }

    /// Settles what was set aside for the load, which has cost so much.
    fn settle(&self, nanos: u64) {
        self.reservation.iter().for_each(|reservation| reservation.settle(nanos));
    }

    /// Leaves the cost spent that was set aside: the load is ended early, and may be billed.
    pub(super) fn leave_reservation(&self) {
        self.reservation.iter().for_each(Reservation::leave);
    }

    /// Returns the moment from which a caller takes the value that stands by, if there is one.
    pub(super) fn soft_timeout(&self) -> Option<SoftTimeout> {
        let standby = self.standby.as_ref()?.without_claim();
        let soft_timeout = SoftTimeout::new(Arc::clone(&self.cache), standby, self.soft_end?);
        Some(soft_timeout.noted(&self.note, false))
    }

    /// Returns the cache.
    pub(super) fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }

    /// Returns the progress of the load.
    pub(super) fn progress(&self) -> &Arc<Progress> {
        self.permit.progress()
    }

    /// Notes the span of the load that the key is part of.
    pub(super) fn is_part_of(&self, span: &Span) {
        self.permit.set_span(span);
    }

    /// Sends the value together with others.
    pub(super) fn combine(&mut self, combined: &Arc<Combined>) {
        self.remote.iter_mut().for_each(|remote| remote.combine(combined));
    }

    /// Notes the span of the call that the load began for, which does not contain it.
    pub(super) fn follows(&self, caller: &Span) {
        self.span.follows_from(caller);
    }

    /// Tells whether another value stands in for that of the function, should it fail or panic.
    pub(super) fn has_standby(&self) -> bool {
        self.standby.is_some()
    }

    /// Tells whether the function is polled with an eye on what else may end the call: another value
    /// stands in for its own, or its time is limited.
    pub(super) fn is_guarded(&self) -> bool {
        self.has_standby() || self.timer.is_some()
    }

    /// Tells whether another value stands in now for that of the function.
    pub(super) fn could_stand_in(&self) -> bool {
        self.standby.as_ref().is_some_and(|standby| standby.serves(&self.cache))
    }

    /// Is ready once the load has taken longer than it may.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Timeout> {
        let name = self.cache.site.name;
        self.timer.as_mut().map_or(Poll::Pending, |timer| timer.poll(name, cx))
    }

    /// Gives the load all the time it needs.
    pub(super) fn take_your_time(&mut self) {
        self.timer = None;
    }

    /// Polls the function by `run`: within this load and its span.
    ///
    /// It has no closure within a closure, because a call within the function has these frames
    /// above its own on the stack.
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        run: &mut dyn FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let polling = self.permit.progress().begin_poll(cx.waker());
        let _within = self.loading.enter();
        let _span = self.span.enter();
        self.begin_spending();
        let polled = run(&mut polling.context());
        if polled.is_pending() {
            polling.wait();
        }
        polled
    }

    /// Runs the whole function by `run`: within this load and its span.
    pub(super) fn run<T>(&self, run: &mut dyn FnMut() -> T) -> T {
        let _polling = self.permit.progress().begin_poll(Waker::noop());
        let _within = self.loading.enter();
        let _span = self.span.enter();
        self.begin_spending();
        run()
    }

    /// Ends the load of a function that returned a value: `judge` tells whether and for how long
    /// it is stored, with which tags, and `encode` writes it for the remote tier.
    pub(super) fn fill(
        self,
        judge: impl FnOnce(Option<&OfValue>) -> Judgement,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> Filling {
        let load_time = self.load_time();
        self.cache.counters.load(load_time, false);
        let (filling, _) = self.fill_with(load_time, Some(load_time), judge, encode);
        filling
    }

    /// Ends the part of one key in a load of several that returned a value for it, as
    /// [`fill`](Self::fill) does. `share` is its part of the load's time. Returns what the value has
    /// cost, too.
    pub(super) fn fill_part(
        self,
        share: Duration,
        judge: impl FnOnce(Option<&OfValue>) -> Judgement,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> (Filling, u64) {
        self.fill_with(share, None, judge, encode)
    }

    fn fill_with(
        self,
        load_time: Duration,
        recorded: Option<Duration>,
        judge: impl FnOnce(Option<&OfValue>) -> Judgement,
        encode: impl Fn(Codec, u64) -> Result<Vec<u8>, Unstorable>,
    ) -> (Filling, u64) {
        // The user's code, and part of the load: it may call for this very key.
        let of_value = self.tags.as_ref().and_then(LoadTags::of_value);
        let judged = self.loading.scope(|| judge(of_value));
        let decision = self.cache.priced(judged.decision);
        self.count(false);
        self.count_money(decision.cost_nanos());
        let claim = self.standby.and_then(|standby| standby.claim);
        let Self { cache, permit, remote, tags, replaced, note, .. } = self;
        let nanos = decision.cost_nanos().unwrap_or_default();
        let spent = Spent { micros: observe::micros(load_time), nanos };
        let returned = judged.tags;
        let of_load = OfLoad { tags, returned, spent, recorded, claim, replaced, note };
        (fill(cache, permit, remote, of_load, decision, encode), nanos)
    }

    /// Ends the load of a function that returned an error: nothing is stored. Returns the value
    /// that serves in its place, and serves followers, if there is one; else followers get the
    /// error that `share` returns. `cost` tells what the load has cost.
    pub(super) fn fail(
        self,
        share: impl FnOnce() -> Option<AnyError>,
        cost: impl FnOnce() -> Option<u64>,
    ) -> Option<Entry> {
        let load_time = self.load_time();
        self.cache.counters.load(load_time, true);
        // The user's code, and part of the load.
        let cost = self.loading.scope(cost);
        self.count_money(cost);
        let spent = Spent { micros: observe::micros(load_time), nanos: cost.unwrap_or_default() };
        let name = self.cache.site.name;
        let served = self.fail_part(share, spent);
        observe::record_load(name, load_time, true);
        served
    }

    /// Ends the part of one key in a load of several that returned an error, as
    /// [`fail`](Self::fail) does. `spent` is its part of what the load has cost.
    pub(super) fn fail_part(
        mut self,
        share: impl FnOnce() -> Option<AnyError>,
        spent: Spent,
    ) -> Option<Entry> {
        self.count(true);
        // A part of a run whose cost is counted once.
        self.settle(0);
        let cache = Arc::clone(&self.cache);
        let group = self.remote.as_ref().map_or_else(Group::default, |remote| remote.group());
        // `refresh` leaves what is stored as it was.
        let err_ttl = if self.cause == LoadCause::Call { None } else { cache.err_ttl() };
        self.standby = self.standby.filter(|standby| standby.serves(&self.cache));
        // The user's code, as above.
        let error = if self.standby.is_none() { self.loading.scope(share) } else { None };
        let tags = self.tags.take();
        match self.stand_in() {
            Ok(entry) => Some(entry),
            Err(permit) => {
                let facts = |ttl| {
                    let lifetimes = in_process(&cache, Lifetimes::fresh(Some(ttl)));
                    cache.facts(lifetimes, permit.generation(), group, spent)
                };
                let facts = err_ttl.map(facts);
                let tags = tags.and_then(|tags| tags.without_value());
                fail_with_error(&cache, permit, error, facts, tags);
                None
            }
        }
    }

    /// Ends the load of a function that panicked. Returns the value that serves in place of its
    /// own; without one the permit passes to the next caller who waits.
    pub(super) fn fail_by_panic(self) -> Option<Entry> {
        match self.cause {
            LoadCause::Inline => self.cache.counters.inline_errors.add(1),
            LoadCause::Background => self.cache.counters.background_errors.add(1),
            LoadCause::Miss | LoadCause::Call => {}
        }
        self.stand_in().ok()
    }

    /// Ends a failed load with the value that serves in place of its own. The error is the permit,
    /// where none may: there is none, or the key was invalidated meanwhile.
    fn stand_in(self) -> Result<Entry, Permit<Outcome>> {
        let Self { cache, permit, standby, cause, note, remote, .. } = self;
        let failed = |due| remote.into_iter().for_each(|remote| remote.hold_off(&cache, due));
        stand_in(&cache, permit, standby, cause, &note, StaleReason::Error, failed)
    }

    /// Counts the cost of the load in nano-units; `None` for one that is negative or not a number.
    pub(super) fn count_money(&self, nanos: Option<u64>) {
        let Some(nanos) = nanos else {
            self.leave_reservation();
            return self.cache.wrong_cost();
        };
        self.settle(nanos);
        let counters = &self.cache.counters;
        let is_refresh = matches!(self.cause, LoadCause::Call | LoadCause::Background);
        let counter =
            if is_refresh { &counters.spent_on_refreshes } else { &counters.spent_on_misses };
        counter.add(nanos);
    }

    /// Counts a load of its cause that has ended.
    fn count(&self, failed: bool) {
        let counters = &self.cache.counters;
        match (self.cause, failed) {
            (LoadCause::Miss, _) => {}
            (LoadCause::Call, false) => counters.refreshed.add(1),
            (LoadCause::Call, true) => counters.refresh_errors.add(1),
            (LoadCause::Inline, false) => counters.refreshed_inline.add(1),
            (LoadCause::Inline, true) => counters.inline_errors.add(1),
            (LoadCause::Background, false) => counters.refreshed_in_background.add(1),
            (LoadCause::Background, true) => counters.background_errors.add(1),
        }
    }

    fn load_time(&self) -> Duration {
        self.cache.clock.precise().since(self.began)
    }
}

/// Ends a load without a value of its own by the one that stands by, and serves. The error is the
/// permit, where none may: there is none, or the key was invalidated meanwhile. `failed` learns of
/// the next load before any invalidation that comes after.
pub(super) fn stand_in(
    cache: &Cache,
    permit: Permit<Outcome>,
    standby: Option<Standby>,
    cause: LoadCause,
    note: &Note,
    reason: StaleReason,
    failed: impl FnOnce(Due),
) -> Result<Entry, Permit<Outcome>> {
    let Some(standby) = standby.filter(|standby| standby.serves(cache)) else {
        return Err(permit);
    };
    let entry = standby.entry().clone();
    let outcome = Outcome::Standby(entry.clone());
    let first = cache.policy.with(|policy| policy.retry_after);
    let noted = || {
        let due = cache.retries.failed(&entry, cache.clock.now(), first);
        standby.hold_off(due.at);
        failed(due);
    };
    if let Err(permit) = permit.fail_with(&outcome, noted) {
        // What is only being replaced meanwhile serves, and what was invalidated does not.
        if !standby.stands(cache) {
            return Err(permit);
        }
        permit.land(outcome, || ());
    }
    if cause != LoadCause::Background {
        note.serve(&entry, || cache.clock.now(), standby.tier(), false);
    }
    let is_past_ttl = entry.age(cache.clock.now()) != Age::Fresh;
    if cause != LoadCause::Background && is_past_ttl {
        cache.stale_served(reason);
    }
    Ok(entry)
}

/// Ends a failed load with the error, where it is shared. With `facts`, memory keeps it.
fn fail_with_error(
    cache: &Cache,
    permit: Permit<Outcome>,
    error: Option<AnyError>,
    facts: Option<Facts>,
    tags: Option<Arc<TagSet>>,
) {
    let Some(error) = error else { return permit.fail(None) };
    let entry = |facts| cache.error_entry(permit.key().clone(), &error, facts).tagged(tags);
    let entry = facts.map(entry);
    drop(permit.fail_and(&Outcome::Error(error), || entry.map(|entry| cache.keep(entry))));
}

/// Limits lifetimes where other nodes' invalidations may not reach this process.
fn in_process(cache: &Cache, lifetimes: Lifetimes) -> Lifetimes {
    if cache.shared.is_some() { limited(cache, lifetimes) } else { lifetimes }
}
