//! What the connections tell the outside: one place for all of it.

use std::time::{Duration, Instant};

use cachery_core::{Breaker, observe};

/// An attempt to connect ended; `reason` says why it failed.
pub(crate) fn connection(reason: Option<&'static str>, took: Duration) {
    let outcome = if reason.is_none() { "success" } else { "failure" };
    observe::connection(outcome, reason.unwrap_or("none"), took);
}

/// A breaker moved.
pub(crate) fn breaker(address: &str, state: Breaker) {
    observe::breaker(address, state);
}

/// A request that `began` then has ended.
pub(crate) fn request(op: &'static str, began: Instant, error: Option<&'static str>) {
    observe::request(op, began, error);
}
