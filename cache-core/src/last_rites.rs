//! Values die after the locks, never under one.
//!
//! The `Drop` of a value is the user's code: it may call the caches again, take a lock of its own, or panic. A tier may drop
//! entries inside any of its operations, and some of these run while a key's flight is locked. So an entry that is dropped
//! within [`after`] waits until that is over. A panic of such a `Drop` is logged and goes no further: it belongs to no caller.

use std::{
    cell::{Cell, RefCell},
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::entry::Dead;

thread_local! {
    /// How many calls of `after` this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Dead>> = const { RefCell::new(Vec::new()) };
}

/// Does `act`, and lets the entries that were dropped meanwhile go when it is done.
pub(crate) fn after<T>(act: impl FnOnce() -> T) -> T {
    DEPTH.set(DEPTH.get() + 1);
    let _hold = Hold;
    act()
}

/// Lets an entry go, now or as soon as no lock is held.
#[inline]
pub(crate) fn bury(dead: Dead) {
    if DEPTH.get() == 0 {
        let_go(dead);
    } else {
        // A thread that ends has no list any more: then the entry goes now.
        let _ = WAITING.try_with(|waiting| waiting.borrow_mut().push(dead));
    }
}

/// Ends one call of `after`, also when it panics.
struct Hold;

impl Drop for Hold {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            WAITING.try_with(RefCell::take).into_iter().flatten().for_each(let_go);
        }
    }
}

#[inline]
fn let_go(dead: Dead) {
    if catch_unwind(AssertUnwindSafe(|| drop(dead))).is_err() {
        tracing::error!("the `Drop` of a cached value panicked; the value is gone all the same");
    }
}
