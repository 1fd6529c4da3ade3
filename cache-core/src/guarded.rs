//! User code that runs where no caller would get its panic: in housekeeping, and in the drop of a
//! value. The panic is stopped, and told once.

use std::{
    any::Any,
    collections::BTreeSet,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

use parking_lot::Mutex;

/// The code whose panic was told.
static TOLD: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Runs `act` and returns its value, or `None` when it panicked.
pub(crate) fn run<T>(act: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(act)).map_err(drop_payload).ok()
}

/// Logs by `log` that `code` has panicked, unless that was told before. A subscriber is user code,
/// too.
pub(crate) fn tell_once(code: &'static str, log: impl FnOnce()) {
    if TOLD.lock().insert(code) {
        run(log);
    }
}

/// Drops what a panic has thrown. Its `Drop` may panic in turn, and so on: what it throws is
/// leaked.
#[cold]
fn drop_payload(payload: Box<dyn Any + Send>) {
    if let Err(thrown) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(thrown);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    struct ThrowsAgain;

    impl Drop for ThrowsAgain {
        fn drop(&mut self) {
            panic!("by what was thrown");
        }
    }

    #[test]
    fn a_panic_ends_here_also_one_that_throws_again() {
        assert_eq!(run(|| 1), Some(1));
        assert_eq!(run(|| panic!("by the code")), None::<()>);
        assert_eq!(run(|| panic_any(ThrowsAgain)), None::<()>);
    }

    #[test]
    fn each_code_is_told_once() {
        let mut told = Vec::new();
        for code in ["guarded-a", "guarded-b", "guarded-a"] {
            tell_once(code, || told.push(code));
        }
        assert_eq!(told, ["guarded-a", "guarded-b"]);
        tell_once("guarded-c", || panic!("by the subscriber"));
    }
}
