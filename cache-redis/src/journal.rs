//! The invalidations that must not be lost: those that no server has acknowledged yet, and those of the last minute, which a server
//! that failed over may have forgotten. (While a server cannot be reached, its minute stands still.)
//!
//! Memory is bounded: where a queue is full, the keys of the fullest cache become one entry for that whole cache.

mod pages;
mod queue;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use cachery_core::remote::RemoteKey;

use self::pages::Pages;
use crate::{names::Names, slots::SLOTS};

/// The most keys that are outstanding, and the most that are remembered.
const MOST: usize = 10_000;

/// What is made unreadable.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// One key.
    Key(RemoteKey),
    /// All keys of the cache with this name.
    Cache(Arc<str>),
}

/// Stands for one invalidation that was added. What is added again gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(u64);

impl Id {
    /// The same as a number.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl From<u64> for Id {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// The invalidations of one registry.
pub(crate) struct Journal {
    pages: Mutex<Pages>,
    /// How many are outstanding, for a look without the lock.
    outstanding: AtomicUsize,
}

impl Journal {
    pub(crate) fn new(names: Names) -> Self {
        Self::with_room(names, MOST)
    }

    fn with_room(names: Names, most: usize) -> Self {
        Self { pages: Mutex::new(Pages::new(names, most)), outstanding: AtomicUsize::new(0) }
    }

    /// Notes an invalidation. To be called before it is tried, so that a caller who is cancelled cannot lose it.
    pub(crate) fn add(&self, what: What) -> Id {
        self.change(|pages| Id(pages.add(what)))
    }

    /// Notes an invalidation that a server has done already. It began after so many `suspicions`: if there are more by now, the server
    /// may have forgotten it, and it is outstanding.
    pub(crate) fn record(&self, what: What, suspicions: u64, at: Instant) {
        self.change(|pages| {
            if pages.suspicions == suspicions {
                pages.record(what, at);
            } else {
                pages.add(what);
            }
        });
    }

    /// How often a server may have lost what it acknowledged.
    pub(crate) fn suspicions(&self) -> u64 {
        self.pages().suspicions
    }

    /// A server has done it. Nothing happens when the same was added again meanwhile: the newer one is still outstanding.
    pub(crate) fn acknowledged(&self, id: Id, at: Instant) {
        self.change(|pages| pages.acknowledged(id.0, at));
    }

    /// What is to be done on the server that `owns` these slots, oldest first.
    pub(crate) fn outstanding(&self, owns: &dyn Fn(u16) -> bool) -> Vec<(Id, What)> {
        // Asked between two locks, because `owns` is not ours and must not run under one.
        let here: Vec<_> = self.slots().into_iter().filter(|(_, slot)| owns(*slot)).collect();
        let pages = self.pages();
        let still = |(number, _)| Some((Id(number), pages.outstanding.get(number)?.what.clone()));
        here.into_iter().filter_map(still).collect()
    }

    /// Whether anything is outstanding. Costs one atomic load: it is asked before every read.
    pub(crate) fn has_outstanding(&self) -> bool {
        self.len() > 0
    }

    /// How many are outstanding on the server that `owns` these slots.
    pub(crate) fn queued(&self, owns: &dyn Fn(u16) -> bool) -> usize {
        self.slots().into_iter().filter(|(_, slot)| owns(*slot)).count()
    }

    /// How many invalidations are outstanding.
    pub(crate) fn len(&self) -> usize {
        self.outstanding.load(Ordering::Acquire)
    }

    /// A connection to the server that `owns` these slots was lost. What it acknowledged in the minute before is kept until it is suspected.
    pub(crate) fn lost(&self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        let owned = all(owns);
        self.change(|pages| pages.lost(&|slot| owned[usize::from(slot)], now));
    }

    /// The server that `owns` these slots may have forgotten what it acknowledged in the last minute, or in the one before it was
    /// lost: that is outstanding again. An acknowledgement from before that arrives later counts for nothing.
    pub(crate) fn suspect(&self, owns: &dyn Fn(u16) -> bool, now: Instant) {
        let owned = all(owns);
        self.change(|pages| pages.suspect(&|slot| owned[usize::from(slot)], now));
    }

    /// What is outstanding, by number and slot.
    fn slots(&self) -> Vec<(u64, u16)> {
        self.pages().outstanding.iter().map(|(number, note)| (number, note.slot)).collect()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Pages) -> T) -> T {
        let mut pages = self.pages();
        let answer = change(&mut pages);
        self.outstanding.store(pages.outstanding.len(), Ordering::Release);
        answer
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What `owns` says of each slot. Asked beforehand, because it is not ours and must not run under the lock.
fn all(owns: &dyn Fn(u16) -> bool) -> Vec<bool> {
    (0..SLOTS).map(owns).collect()
}
