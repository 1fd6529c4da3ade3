//! Errors that memory keeps for a while, in the place of values.

use std::time::Duration;

use super::Cache;
use crate::{
    entry::{Entry, Facts},
    key::{Key, StoredKey},
    returns::AnyError,
    timeline::Age,
};

/// An error in an entry. It is a value of no function, so nobody takes it for one.
pub(crate) struct KeptError(pub(crate) AnyError);

impl Cache {
    /// Returns the time for which memory keeps an error, shortened by the jitter.
    pub(crate) fn err_ttl(&self) -> Option<Duration> {
        self.policy.with(|policy| policy.err_ttl.map(|ttl| policy.jittered(ttl)))
    }

    /// Returns an entry that holds `error`.
    pub(crate) fn error_entry(&self, key: StoredKey, error: &AnyError, facts: Facts) -> Entry {
        self.weighed(Entry::new(key, KeptError(AnyError::clone(error)), facts))
    }

    /// Returns the entry of `key` in memory, if it holds an error that still serves.
    pub(crate) fn kept_error(&self, key: &Key) -> Option<Entry> {
        self.policy.with(|policy| policy.err_ttl)?;
        let is_error = |entry: &Entry| entry.value::<KeptError>().is_some();
        let serves = |entry: &Entry| entry.age(self.clock.now()) == Age::Fresh;
        self.find(key).filter(is_error).filter(serves)
    }
}
