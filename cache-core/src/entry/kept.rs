//! A value as an entry holds it.

use std::any::type_name;

use crate::guarded;

/// A value whose `Drop`, which is the user's code, may panic. The panic is stopped here, because it
/// belongs to no caller, and logged once for each type.
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
        if guarded::run(|| drop(self.0.take())).is_none() {
            log_panic(type_name::<V>());
        }
    }
}

#[cold]
fn log_panic(type_name: &'static str) {
    guarded::tell_once(type_name, || {
        tracing::error!(
            "the `Drop` of a cached value of the type `{type_name}` panicked; the value is gone \
             all the same, and further ones are not logged"
        );
    });
}
