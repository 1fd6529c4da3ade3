//! The coarse clock of the operating system: a reading takes some 5 ns, where one of
//! `std::time::Instant` takes 25.

/// Returns the nanoseconds for which the machine has been awake, in steps of 1 to 4 ms.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[expect(clippy::cast_sign_loss, reason = "this clock starts at zero and never goes back")]
#[inline]
pub(super) fn nanos() -> u64 {
    use rustix::time::{ClockId, clock_gettime};

    let read = clock_gettime(ClockId::MonotonicCoarse);
    read.tv_sec as u64 * 1_000_000_000 + read.tv_nsec as u64
}

/// Returns the nanoseconds since the first reading: this system is not known to have a coarse clock.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn nanos() -> u64 {
    use std::{sync::LazyLock, time::Instant};

    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    super::nanos(FIRST.elapsed())
}
