//! The callers who take part in one flight: those who load and those who wait.

use std::collections::BTreeMap;

use tracing::Span;

use super::{
    origin::Origin,
    progress::{Progress, Wait},
};
use crate::{
    clock::Moment,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    tag::TagSet,
};

/// One flight: shared by the table, its loads and its followers. `S` wakes a waiter.
pub(super) struct Flight<S> {
    /// The cache's generation when the flight began. A clear ends the flight, so it holds for all
    /// its loads.
    pub(super) generation: u64,
    waiters: Mutex<Waiters<S>>,
}

impl<S> Flight<S> {
    /// Creates a flight with one load.
    pub(super) fn new(generation: u64, leader: Arc<Progress>) -> Self {
        let waiters = Waiters { leader: Some(leader), ..Waiters::default() };
        Self { generation, waiters: Mutex::new(waiters) }
    }

    /// Returns the moment since when no load is polled although each could run.
    pub(super) fn idle_since(&self) -> Option<Moment> {
        let waiters = self.waiters();
        // Both are clones, because one lock at a time is taken; the second is empty nearly always.
        let leader = waiters.leader.clone();
        let own_loads = waiters.own_loads.clone();
        drop(waiters);
        let idle = leader.iter().chain(&own_loads).map(|load| load.idle_since());
        idle.reduce(|one, other| Some(one?.max(other?))).flatten()
    }

    fn running(&self) -> Vec<Arc<Progress>> {
        self.waiters().loads().cloned().collect()
    }

    pub(super) fn waiters(&self) -> MutexGuard<'_, Waiters<S>> {
        // No critical section of ours leaves the waiters half changed, so a poisoned lock is sound.
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Send> Wait for Flight<S> {
    fn loads(&self) -> Vec<Arc<Progress>> {
        self.running()
    }
}

/// The loads and waiters of a flight. Waiters are kept in order of arrival.
pub(super) struct Waiters<S> {
    /// The load that the followers wait for; `None` once it has failed.
    leader: Option<Arc<Progress>>,
    /// Loads of callers who no longer wait for the leader.
    own_loads: Vec<Arc<Progress>>,
    /// Callers who wait for the leader.
    followers: BTreeMap<u64, S>,
    /// Callers who have waited long enough, or through one failure, and load for themselves as
    /// soon as one more load is allowed.
    overdue: BTreeMap<u64, S>,
    /// The beginning of the first load; `None` before.
    pub(super) origin: Option<Origin>,
    /// The tags before the first load; `None` where it has none.
    pub(super) tags: Option<std::sync::Arc<TagSet>>,
    /// The span of the load that began last, where spans are wanted.
    pub(super) load_span: Option<std::sync::Arc<Span>>,
    next_id: u64,
}

impl<S> Default for Waiters<S> {
    fn default() -> Self {
        Self {
            leader: None,
            own_loads: Vec::new(),
            followers: BTreeMap::new(),
            overdue: BTreeMap::new(),
            origin: None,
            tags: None,
            load_span: None,
            next_id: 0,
        }
    }
}

impl<S> Waiters<S> {
    /// Adds a follower and returns its number.
    pub(super) fn add(&mut self, sender: S) -> u64 {
        self.next_id += 1;
        self.followers.insert(self.next_id, sender);
        self.next_id
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<S> {
        self.followers.remove(&id).or_else(|| self.overdue.remove(&id))
    }

    /// Takes all waiters out.
    pub(super) fn take_all(&mut self) -> Vec<S> {
        let overdue = std::mem::take(&mut self.overdue).into_values();
        overdue.chain(std::mem::take(&mut self.followers).into_values()).collect()
    }

    /// Makes one follower overdue.
    pub(super) fn set_overdue(&mut self, id: u64) {
        if let Some(sender) = self.followers.remove(&id) {
            self.overdue.insert(id, sender);
        }
    }

    /// Makes all followers overdue: after a failure that cannot be shared.
    pub(super) fn set_all_overdue(&mut self) {
        self.overdue.append(&mut self.followers);
    }

    /// Takes the overdue callers who may load now, `most` own loads in all, with the loads that
    /// they `begin`.
    pub(super) fn admit_own_loads(
        &mut self,
        most: usize,
        begin: impl Fn() -> Arc<Progress>,
    ) -> Vec<(S, Arc<Progress>)> {
        let free = most.saturating_sub(self.own_loads.len());
        let overdue = std::iter::from_fn(|| self.overdue.pop_first());
        let admitted: Vec<_> = overdue.take(free).map(|(_, sender)| (sender, begin())).collect();
        self.own_loads.extend(admitted.iter().map(|(_, load)| Arc::clone(load)));
        admitted
    }

    /// Adds the load of a caller who waits for no other, however many there are.
    pub(super) fn add_own_load(&mut self, load: &Arc<Progress>) {
        self.own_loads.push(Arc::clone(load));
    }

    /// Ends `load` and returns the waiter who takes its place with the load that it `begin`s, if
    /// the flight needs one: for a leader always, for an own load when somebody is overdue or
    /// nobody else loads. Followers take no place in a flight that is not the `current` one of its
    /// key.
    pub(super) fn hand_over(
        &mut self,
        load: &Arc<Progress>,
        current: bool,
        begin: impl Fn() -> Arc<Progress>,
    ) -> Option<(S, Arc<Progress>)> {
        let was_leader = self.end_load(load);
        let needed = current && (was_leader || self.are_over());
        let overdue = self.overdue.pop_first();
        let leads = was_leader || overdue.is_none();
        let (_, sender) =
            overdue.or_else(|| needed.then(|| self.followers.pop_first()).flatten())?;
        let successor = begin();
        if leads {
            self.leader = Some(Arc::clone(&successor));
        } else {
            self.own_loads.push(Arc::clone(&successor));
        }
        Some((sender, successor))
    }

    /// Ends `load` and tells whether it was the leader's.
    pub(super) fn end_load(&mut self, load: &Arc<Progress>) -> bool {
        self.own_loads.retain(|own| !Arc::ptr_eq(own, load));
        self.leader.take_if(|leader| Arc::ptr_eq(leader, load)).is_some()
    }

    /// Tells whether `load` is the leader's.
    pub(super) fn are_led_by(&self, load: &Arc<Progress>) -> bool {
        self.leader.as_ref().is_some_and(|leader| Arc::ptr_eq(leader, load))
    }

    /// Puts `other` in the place of `load`.
    pub(super) fn replace_load(&mut self, load: &Arc<Progress>, other: &Arc<Progress>) {
        let loads = self.leader.iter_mut().chain(&mut self.own_loads);
        loads.filter(|own| Arc::ptr_eq(own, load)).for_each(|own| *own = Arc::clone(other));
    }

    /// Returns the loads that run.
    pub(super) fn loads(&self) -> impl Iterator<Item = &Arc<Progress>> {
        self.leader.iter().chain(&self.own_loads)
    }

    /// Tells whether no tag was invalidated or has expired since the first load began.
    pub(super) fn tags_stand(&self) -> bool {
        self.tags.as_ref().is_none_or(|tags| tags.stands())
    }

    /// Tells whether no load runs.
    pub(super) fn are_over(&self) -> bool {
        self.loads().next().is_none()
    }
}
