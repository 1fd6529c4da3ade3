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
    Some(asleep(boot, awake))
}

/// Returns the time for which only the boot clock ran.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn asleep(boot: Duration, awake: Duration) -> Duration {
    boot.saturating_sub(awake)
}

/// Returns `None`: what the system offers is not known to count sleep.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const fn lead() -> Option<Duration> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_boot_clock_runs_while_the_machine_sleeps() {
        let seconds = Duration::from_secs;
        assert_eq!(asleep(seconds(10), seconds(4)), seconds(6));
        assert_eq!(asleep(seconds(4), seconds(10)), Duration::ZERO);
    }

    /// The kernel writes the boot clock into `/proc/uptime`, in hundredths of a second.
    #[test]
    fn the_lead_is_that_of_the_clock_which_the_kernel_calls_uptime() {
        use rustix::time::{ClockId, clock_gettime};

        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let uptime: f64 = uptime.split_whitespace().next().unwrap().parse().unwrap();
        let awake = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap();
        let expected = Duration::from_secs_f64(uptime).saturating_sub(awake);
        assert!(lead().unwrap().abs_diff(expected) < Duration::from_secs(5));
    }
}
