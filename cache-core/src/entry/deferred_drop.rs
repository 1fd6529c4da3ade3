//! Defers drops of cached values until no lock is held.
//!
//! The `Drop` of a value is the user's code: it may call the caches again, take a lock of its own,
//! or panic. A tier may drop entries inside any of its operations, and some of these run while a
//! key's flight is locked. So an entry that is dropped within [`deferred`] waits until that
//! returns. A panic of such a `Drop` is logged and stopped here: it belongs to no caller.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::stored::SharedEntry;

thread_local! {
    /// The number of calls of `deferred` that this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static DEFERRED: RefCell<Vec<SharedEntry>> = const { RefCell::new(Vec::new()) };
}

/// Runs `act`, then drops the entries that were dropped meanwhile.
pub(crate) fn deferred<T>(act: impl FnOnce() -> T) -> T {
    DEPTH.set(DEPTH.get() + 1);
    let _ends = EndOfDeferral;
    act()
}

/// Drops an entry, now or as soon as no lock is held.
#[inline]
pub(super) fn defer(entry: SharedEntry) {
    if DEPTH.get() == 0 {
        drop_guarded(entry);
    } else {
        // A thread that ends has lost its list: then the entry is dropped now.
        let _ = DEFERRED.try_with(|deferred| deferred.borrow_mut().push(entry));
    }
}

/// Ends one call of `deferred`, also when it panics.
struct EndOfDeferral;

impl Drop for EndOfDeferral {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            DEFERRED.try_with(RefCell::take).into_iter().flatten().for_each(drop_guarded);
        }
    }
}

#[inline]
fn drop_guarded(entry: SharedEntry) {
    if catch_unwind(AssertUnwindSafe(|| drop(entry))).is_err() {
        tracing::error!("the `Drop` of a cached value panicked; the value is gone all the same");
    }
}
