//! A large stack for values that are nested deeply.
//!
//! Reading and writing recurse, and the frames belong to the value's type: in a debug build up to
//! some 15 KiB for each level of a struct with forty fields. So a value of a few levels is
//! converted where the call is, and a deeper one on a thread of its own, which costs some 30 us.

use std::thread;

/// The most levels of a value that is converted on the stack of the call: 450 KiB with frames as
/// above, of the 2 MiB of a thread.
pub(super) const SHALLOW: usize = 32;
/// The most levels of any value.
pub(super) const DEEP: usize = 250;
/// The large stack, 64 KiB for each level. A system gives memory to those parts only that are used.
const SIZE: usize = DEEP * (64 << 10);

/// Runs `work` on a large stack. Returns `None` where the system has no thread for it.
pub(super) fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    let mut work = Some(work);
    let mut done = None;
    run(&mut || done = work.take().map(|work| work()));
    done
}

/// Knows no types, so that it is not compiled for each of them.
fn run(work: &mut (dyn FnMut() + Send)) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("cachery-codec".to_owned()).stack_size(SIZE);
        // A panic ends here and leaves nothing done.
        thread.spawn_scoped(scope, work).map(|running| running.join().ok()).ok();
    });
}
