//! A policy that may change while calls run.

use std::sync::{
    PoisonError, RwLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::policy::Policy;

/// The policy of one cache, which may change while calls run.
pub(crate) struct LivePolicy {
    /// Apart from the rest, because each hit reads it, and a hit takes no lock.
    enabled: AtomicBool,
    policy: RwLock<Policy>,
}

impl LivePolicy {
    pub(crate) fn new(policy: Policy) -> Self {
        Self { enabled: AtomicBool::new(policy.enabled), policy: RwLock::new(policy) }
    }

    #[inline]
    pub(crate) fn is_enabled(&self) -> bool {
        self.enabled.load(Relaxed)
    }

    /// Returns what `part` takes of the policy. Takes a lock, so it is not for hits in memory.
    pub(crate) fn with<T>(&self, part: impl FnOnce(&Policy) -> T) -> T {
        part(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the whole policy.
    pub(crate) fn get(&self) -> Policy {
        self.with(Policy::clone)
    }

    pub(crate) fn set(&self, policy: Policy) {
        self.enabled.store(policy.enabled, Relaxed);
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
    }
}
