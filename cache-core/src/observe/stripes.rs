//! Counters of hits, split into stripes so that threads do not fight for one cache line.
//!
//! The first stripe is shared. Each other stripe belongs to one thread at a time, which need not
//! lock the bus to count.

use std::{
    cell::Cell,
    sync::atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use crossbeam_utils::CachePadded;

use super::counter::Counter;
use crate::{money::Spent, runtime};

const STRIPES: usize = 16;
const SHARED: usize = 0;

/// The hits of one cache that count as one step of their task: a hit is far cheaper than what a
/// runtime's budget is made for, and to ask for each would cost a noticeable part of it.
const STEP: u64 = 16;

/// The stripes without a thread: bit `n` stands for stripe `n`.
static FREE: AtomicU64 = AtomicU64::new((1 << STRIPES) - 1 - (1 << SHARED));

thread_local! {
    /// The stripe of this thread. It has no destructor, so a hit reads it without asking whether
    /// that has run.
    static STRIPE: Cell<Option<usize>> = const { Cell::new(None) };
    /// Frees this thread's stripe when the thread ends.
    static OWNED: OwnedStripe = OwnedStripe::take();
}

/// The pace of a caller who hits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// A thread, or a task that has let others run, goes on at once.
    AtOnce,
    /// A task lets others run where the runtime wants it: each [`STEP`]th hit takes a unit of what
    /// that grants.
    OfTask,
}

/// The hits of all stripes, and the time and the money that they saved.
#[derive(Default)]
pub(super) struct Hits([CachePadded<Stripe>; STRIPES]);

#[derive(Default)]
struct Stripe {
    hits: Counter,
    saved_micros: Counter,
    saved_nanos: Counter,
}

impl Hits {
    /// Counts one hit, which saved a load.
    #[inline]
    pub(super) fn add(&self, saved: Spent) {
        self.add_to(stripe(), saved);
    }

    /// Counts one hit, if it is the turn of the caller.
    #[inline]
    pub(super) fn add_in_turn(&self, saved: Spent, pace: Pace) -> bool {
        let stripe = stripe();
        let is_asked = pace == Pace::OfTask && self.0[stripe].hits.get().is_multiple_of(STEP);
        if is_asked && !runtime::proceeds() {
            return false;
        }
        self.add_to(stripe, saved);
        true
    }

    /// Takes back a hit that this thread has counted.
    pub(super) fn take_back(&self, saved: Spent) {
        let Spent { micros, nanos } = saved;
        let negative = Spent { micros: micros.wrapping_neg(), nanos: nanos.wrapping_neg() };
        self.add_hits_to(stripe(), 1_u64.wrapping_neg(), negative);
    }

    #[inline]
    fn add_to(&self, stripe: usize, saved: Spent) {
        self.add_hits_to(stripe, 1, saved);
    }

    #[inline]
    fn add_hits_to(&self, stripe: usize, count: u64, saved: Spent) {
        let Stripe { hits, saved_micros, saved_nanos } = &*self.0[stripe];
        if stripe == SHARED {
            hits.add(count);
            saved_micros.add(saved.micros);
            saved_nanos.add(saved.nanos);
        } else {
            hits.add_alone(count);
            saved_micros.add_alone(saved.micros);
            // Most caches know no cost.
            if saved.nanos != 0 {
                saved_nanos.add_alone(saved.nanos);
            }
        }
    }

    pub(super) fn hits(&self) -> u64 {
        self.sum(|stripe| &stripe.hits)
    }

    pub(super) fn saved_micros(&self) -> u64 {
        self.sum(|stripe| &stripe.saved_micros)
    }

    pub(super) fn saved_nanos(&self) -> u64 {
        self.sum(|stripe| &stripe.saved_nanos)
    }

    /// Returns the sum of one counter over all stripes. It wraps like each counter, so that it is
    /// right whatever wrapped before.
    fn sum(&self, pick: fn(&Stripe) -> &Counter) -> u64 {
        self.0.iter().map(|stripe| pick(stripe).get()).fold(0, u64::wrapping_add)
    }
}

/// Returns this thread's stripe. Threads beyond the number of stripes share the first.
#[inline]
fn stripe() -> usize {
    STRIPE.get().unwrap_or_else(take_stripe)
}

#[cold]
fn take_stripe() -> usize {
    // A thread that ends may still count when its stripe is free again: destructors of its locals
    // may call.
    let stripe = OWNED.try_with(|owned| owned.0).unwrap_or(SHARED);
    STRIPE.set(Some(stripe));
    stripe
}

/// The ownership of a stripe by a thread.
struct OwnedStripe(usize);

impl OwnedStripe {
    /// Takes the lowest free stripe, or the shared one.
    fn take() -> Self {
        let without_lowest = |free: u64| (free != 0).then(|| free & (free - 1));
        // Acquire, and release below: this thread sees the last owner's counts before it adds to
        // them.
        match FREE.fetch_update(Acquire, Relaxed, without_lowest) {
            Ok(free) => Self(free.trailing_zeros() as usize),
            Err(_) => Self(SHARED),
        }
    }
}

impl Drop for OwnedStripe {
    fn drop(&mut self) {
        STRIPE.set(Some(SHARED));
        if self.0 != SHARED {
            FREE.fetch_or(1 << self.0, Release);
        }
    }
}

#[cfg(test)]
mod tests;
