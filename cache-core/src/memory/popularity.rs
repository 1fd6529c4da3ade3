//! Reports of popular keys, from hits that the memory tier did not see.

use std::sync::{OnceLock, Weak};

use crossbeam_queue::ArrayQueue;

use super::tier::MemoryTier;
use crate::{
    entry::{Entry, deferred},
    housekeeping,
    key::StoredKey,
};

/// The most reports between two rounds of housekeeping. Later ones are lost, of all keys alike.
const MOST_REPORTS: usize = 4096;

/// The reports; `None` until [`start`].
static REPORTS: OnceLock<ArrayQueue<(Weak<dyn MemoryTier>, StoredKey)>> = OnceLock::new();

/// Begins to accept reports, which housekeeping passes on.
pub(crate) fn start() {
    if REPORTS.set(ArrayQueue::new(MOST_REPORTS)).is_ok() {
        housekeeping::add(pass_on);
    }
}

/// Reports a hit of `entry` that `tier` did not see. Neither waits nor allocates: a tier's own
/// bookkeeping may do both.
pub(super) fn report(tier: Weak<dyn MemoryTier>, entry: &Entry) {
    if let Some(reports) = REPORTS.get() {
        let _ = reports.push((tier, entry.key().clone()));
    }
}

/// Passes all reports on to their tiers.
fn pass_on() {
    let reports =
        REPORTS.get().into_iter().flat_map(|reports| std::iter::from_fn(|| reports.pop()));
    for (tier, key) in reports.take(MOST_REPORTS) {
        if let Some(tier) = tier.upgrade() {
            deferred(|| tier.touch(&key));
        }
    }
}
