//! The totals of the remote tier, for the `metrics` recorder. Tiers call these functions; users do
//! not.
//!
//! The totals are counted per process, because one connection serves all caches. Each flush hands
//! over the whole totals, not the change since the last one.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::metrics;
use crate::{
    health::Breaker,
    remote::{Operation, Reason},
};

/// The most servers whose breakers are kept: where addresses change for ever, old ones are
/// forgotten.
const MOST_SERVERS: usize = 1_000;

#[derive(Clone, Default)]
struct Totals {
    connections: BTreeMap<(&'static str, &'static str), u64>,
    errors: BTreeMap<Operation, u64>,
    fallbacks: BTreeMap<&'static str, u64>,
    breakers: BTreeMap<String, Breaker>,
    /// Tells whether a server pushes invalidations, by its address.
    pushes: BTreeMap<String, bool>,
    /// The seconds by which the clock of a server is ahead of ours, by its address.
    clock_offsets: BTreeMap<String, f64>,
    invalidations_lost: u64,
}

static TOTALS: Mutex<Option<Totals>> = Mutex::new(None);

fn totals<T>(act: impl FnOnce(&mut Totals) -> T) -> T {
    act(TOTALS.lock().get_or_insert_default())
}

/// Counts an attempt to connect: `outcome` is `success` or `failure`, `reason` one word.
pub fn connection(outcome: &'static str, reason: &'static str, took: Duration) {
    totals(|totals| *totals.connections.entry((outcome, reason)).or_default() += 1);
    metrics::record_connect(took);
}

/// Records a change of the breaker of the server at `address`.
pub fn breaker(address: &str, state: Breaker) {
    totals(|totals| {
        totals.breakers.insert(address.to_owned(), state);
        if totals.breakers.len() > MOST_SERVERS {
            totals.breakers.pop_first();
        }
    });
}

/// Records whether the server at `address` pushes invalidations.
pub fn push(address: &str, is_up: bool) {
    totals(|totals| {
        totals.pushes.insert(address.to_owned(), is_up);
        if totals.pushes.len() > MOST_SERVERS {
            totals.pushes.pop_first();
        }
    });
}

/// Records the seconds by which the clock of the server at `address` is ahead of ours.
pub fn clock_offset(address: &str, seconds: f64) {
    totals(|totals| {
        totals.clock_offsets.insert(address.to_owned(), seconds);
        if totals.clock_offsets.len() > MOST_SERVERS {
            totals.clock_offsets.pop_first();
        }
    });
}

/// Counts a request that `began` then and ends now. The reason of an `error` is one word.
pub fn request(op: Operation, began: Instant, error: Option<&'static str>) {
    if error.is_some() {
        totals(|totals| *totals.errors.entry(op).or_default() += 1);
    }
    metrics::record_request(op, began);
}

/// Counts invalidations that are lost with their process or registry.
pub fn lost(invalidations: usize) {
    let invalidations = u64::try_from(invalidations).unwrap_or(u64::MAX);
    totals(|totals| totals.invalidations_lost += invalidations);
}

/// Counts a call that did without the remote tier.
pub(crate) fn fallback(reason: &'static str) {
    totals(|totals| *totals.fallbacks.entry(reason).or_default() += 1);
}

/// Hands all totals to the recorder that is installed now. It may call a cache, so it is called
/// without the lock.
pub(crate) fn flush() {
    let totals = totals(|totals| totals.clone());
    for ((outcome, reason), count) in &totals.connections {
        let labels = [("outcome", *outcome), ("reason", *reason)];
        metrics::count("cache_connections_total", &labels, *count);
    }
    for (op, count) in &totals.errors {
        metrics::count("cache_backend_errors_total", &[("op", op.as_str())], *count);
    }
    for (reason, count) in &totals.fallbacks {
        metrics::count("cache_fallback_total", &[("reason", reason)], *count);
    }
    for (address, state) in &totals.breakers {
        metrics::breaker(address, *state);
    }
    for (address, is_up) in &totals.pushes {
        metrics::push(address, *is_up);
    }
    for (address, seconds) in &totals.clock_offsets {
        metrics::clock_offset(address, *seconds);
    }
    metrics::count("cache_invalidations_lost_total", &[], totals.invalidations_lost);
}

/// Makes the series of closed sets of labels begin as zero, before anything of them happens.
pub(crate) fn begin() {
    totals(|totals| {
        totals.connections.entry(("success", "none")).or_default();
        for op in Operation::ALL {
            totals.errors.entry(op).or_default();
        }
        for reason in Reason::ALL {
            totals.connections.entry(("failure", reason.as_str())).or_default();
            totals.fallbacks.entry(reason.as_str()).or_default();
        }
    });
}
