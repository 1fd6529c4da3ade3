//! The callers who take part in one flight: those who load and those who wait.

use std::collections::BTreeMap;

use super::origin::Origin;
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// One flight: shared by the table, its loads and its followers. `S` wakes a waiter.
pub(super) struct Flight<S> {
    /// The cache's generation when the flight began. A clear ends the flight, so it holds for all
    /// its loads.
    pub(super) generation: u64,
    waiters: Mutex<Waiters<S>>,
}

impl<S> Flight<S> {
    /// Creates a flight with one load.
    pub(super) fn new(generation: u64) -> Self {
        Self { generation, waiters: Mutex::new(Waiters { loads: 1, ..Waiters::default() }) }
    }

    pub(super) fn waiters(&self) -> MutexGuard<'_, Waiters<S>> {
        // No critical section of ours leaves the waiters half changed, so a poisoned lock is sound.
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a load in its flight.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The load that the followers wait for.
    Leader,
    /// The load of a caller who waited long enough and loads for itself.
    OwnLoad,
}

/// The loads and waiters of a flight. Waiters are kept in order of arrival.
pub(super) struct Waiters<S> {
    /// Loads that run, `own_loads` included.
    pub(super) loads: usize,
    /// Loads of callers who no longer wait for the leader.
    own_loads: usize,
    /// Callers who wait for the leader.
    followers: BTreeMap<u64, S>,
    /// Callers who have waited long enough, or through one failure, and load for themselves as
    /// soon as one more load is allowed.
    overdue: BTreeMap<u64, S>,
    /// The beginning of the first load; `None` before.
    pub(super) origin: Option<Origin>,
    next_id: u64,
}

impl<S> Default for Waiters<S> {
    fn default() -> Self {
        Self {
            loads: 0,
            own_loads: 0,
            followers: BTreeMap::new(),
            overdue: BTreeMap::new(),
            origin: None,
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

    /// Takes the overdue callers who may load now, `most` own loads in all; each of them counts
    /// as a load from here on.
    pub(super) fn admit_own_loads(&mut self, most: usize) -> Vec<S> {
        let free = most - self.own_loads;
        let admitted: Vec<_> = std::iter::from_fn(|| self.overdue.pop_first()).take(free).collect();
        self.own_loads += admitted.len();
        self.loads += admitted.len();
        admitted.into_iter().map(|(_, sender)| sender).collect()
    }

    /// Ends one load and returns the waiter who takes its place, if the flight needs one: for a
    /// leader always, for an own load when somebody is overdue or nobody else loads. The successor
    /// counts in its stead.
    pub(super) fn hand_over(&mut self, role: Role) -> Option<S> {
        let successor = self.overdue.pop_first().or_else(|| {
            let needed = role == Role::Leader || self.loads == 1;
            if needed { self.followers.pop_first() } else { None }
        });
        if successor.is_none() {
            self.end_load(role);
        }
        successor.map(|(_, sender)| sender)
    }

    pub(super) fn end_load(&mut self, role: Role) {
        self.loads -= 1;
        self.own_loads -= usize::from(role == Role::OwnLoad);
    }
}
