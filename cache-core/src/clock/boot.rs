//! The boot clock, which runs on while the machine sleeps; the clocks that callers read stand still
//! then.

use std::time::Duration;

/// Returns how far the boot clock leads the one that stands still: all the time that the machine
/// slept. `None` where the system has no such clock.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn lead() -> Option<Duration> {
    use rustix::time::{ClockId, Timespec, clock_gettime};

    let duration = |read: Timespec| Duration::try_from(read).ok();
    // In this order, so that time between the two readings is never taken for sleep.
    let boot = duration(clock_gettime(ClockId::Boottime))?;
    let awake = duration(clock_gettime(ClockId::Monotonic))?;
    Some(boot.saturating_sub(awake))
}

/// Returns `None`: what the system offers is not known to count sleep.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const fn lead() -> Option<Duration> {
    None
}
