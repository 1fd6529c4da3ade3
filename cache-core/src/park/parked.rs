//! A thread that waits to be woken.

use std::{task::Wake, time::Duration};

use crate::sync::{Arc, AtomicBool, Ordering, Thread, current_thread, park_for};

/// A thread that waits to be woken.
pub(crate) struct Parked {
    thread: Thread,
    /// Foreign code may use up what unparks a thread, so that alone does not tell.
    woken: AtomicBool,
}

impl Parked {
    pub(crate) fn this_thread() -> Self {
        Self { thread: current_thread(), woken: AtomicBool::new(false) }
    }

    /// Parks the thread until it is woken, or `longest` has passed. It may also return earlier.
    pub(crate) fn wait(&self, longest: Duration) {
        if !self.woken.swap(false, Ordering::AcqRel) {
            park_for(longest);
            self.woken.swap(false, Ordering::AcqRel);
        }
    }
}

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}
