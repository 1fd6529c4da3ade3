//! A value as an entry holds it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// A value whose `Drop`, which is the user's code, may panic. The panic is logged and stopped here:
/// it belongs to no caller.
///
/// An `Option`, so that the last holder can take the value out.
pub(super) struct Kept<V>(Option<V>);

impl<V> Kept<V> {
    pub(super) fn new(value: V) -> Self {
        Self(Some(value))
    }

    #[inline]
    pub(super) fn get(&self) -> Option<&V> {
        self.0.as_ref()
    }

    pub(super) fn take(&mut self) -> Option<V> {
        self.0.take()
    }
}

impl<V> Drop for Kept<V> {
    fn drop(&mut self) {
        if catch_unwind(AssertUnwindSafe(|| drop(self.0.take()))).is_err() {
            log_panic();
        }
    }
}

#[cold]
fn log_panic() {
    tracing::error!("the `Drop` of a cached value panicked; the value is gone all the same");
}
