//! The one clock of a registry: freshness, waiting and measuring all read it, and a test can stop and move it.

use std::{
    future::{Future, poll_fn},
    ops::Add,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use tokio::sync::Notify;

/// A reading of a [`Clock`]: nanoseconds since that clock was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// Later than any reading: the end of an entry that lives for ever.
    pub const NEVER: Self = Self(u64::MAX);

    /// How long after `earlier` this is; zero when it is not.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// Saturates at [`Moment::NEVER`].
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

/// A duration in whole nanoseconds; more than 584 years saturate.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Without coarsetime's shared copy of the last reading, whose cache line all threads would write to.
#[inline]
fn coarse_now() -> coarsetime::Instant {
    coarsetime::Instant::now_without_cache_update()
}

/// The time of one registry. Clones are the same clock.
///
/// The clock of the installed registry is the operating system's coarse one: a reading costs about 5 ns and moves in
/// steps of 1 to 4 ms. The clock of an isolated registry follows tokio's time, so `tokio::time::pause` stops it too.
///
/// ```
/// # use std::time::Duration;
/// # use cache_core::Caches;
/// let caches = Caches::isolated();
/// caches.clock().advance(Duration::from_secs(3600)); // an hour later, at once
/// ```
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    source: Source,
    /// Nanoseconds by which `advance` has moved this clock before its source.
    ahead: AtomicU64,
    /// The reading at which the clock stands still, or `RUNNING`.
    stopped: AtomicU64,
    /// Wakes sleepers when the clock was moved.
    moved: Notify,
}

const RUNNING: u64 = u64::MAX;

enum Source {
    System { coarse: coarsetime::Instant, precise: std::time::Instant },
    Tokio(tokio::time::Instant),
}

impl Clock {
    pub(crate) fn system() -> Self {
        Self::new(Source::System { coarse: coarse_now(), precise: std::time::Instant::now() })
    }

    pub(crate) fn isolated() -> Self {
        Self::new(Source::Tokio(tokio::time::Instant::now()))
    }

    fn new(source: Source) -> Self {
        let (ahead, stopped) = (AtomicU64::new(0), AtomicU64::new(RUNNING));
        Self(Arc::new(Inner { source, ahead, stopped, moved: Notify::new() }))
    }

    /// The present moment, to the granularity of the operating system's coarse clock.
    #[inline]
    pub fn now(&self) -> Moment {
        self.read(match &self.0.source {
            Source::System { coarse, .. } => coarse_now().duration_since(*coarse).as_nanos(),
            Source::Tokio(origin) => nanos(origin.elapsed()),
        })
    }

    /// The present moment to the nanosecond, for measuring; compare it with other precise readings only.
    pub(crate) fn precise(&self) -> Moment {
        self.read(match &self.0.source {
            Source::System { precise, .. } => nanos(precise.elapsed()),
            Source::Tokio(origin) => nanos(origin.elapsed()),
        })
    }

    #[inline]
    fn read(&self, source: u64) -> Moment {
        match self.0.stopped.load(Relaxed) {
            RUNNING => Moment(source.saturating_add(self.0.ahead.load(Relaxed))),
            stopped => Moment(stopped),
        }
    }

    /// Moves the clock forward by `duration` and wakes whoever waited for that moment. Meant for isolated registries: an
    /// installed registry's clock moves for the whole process.
    pub fn advance(&self, duration: Duration) {
        let add = |at: u64| Some(at.saturating_add(nanos(duration)));
        match self.0.stopped.load(Relaxed) {
            RUNNING => self.0.ahead.fetch_update(Relaxed, Relaxed, add).ok(),
            _ => self.0.stopped.fetch_update(Relaxed, Relaxed, add).ok(),
        };
        self.0.moved.notify_waiters();
    }

    /// Stops the clock at the present moment: from here only [`advance`](Self::advance) moves it.
    pub fn stop(&self) {
        let Moment(now) = self.now();
        self.0.stopped.store(now, Relaxed);
        self.0.moved.notify_waiters();
    }

    /// Whether real time says something about this clock's moments.
    pub(crate) fn is_system(&self) -> bool {
        matches!(self.0.source, Source::System { .. })
    }

    /// Completes `duration` later on this clock. Dropping it has no effect.
    async fn sleep(&self, duration: Duration) {
        let end = self.now() + duration;
        loop {
            let mut moved = pin!(self.0.moved.notified());
            // Registered before the clock is read, so that a move in between is not missed.
            moved.as_mut().enable();
            let left = end.since(self.now());
            if left.is_zero() {
                return;
            }
            if self.0.stopped.load(Relaxed) == RUNNING {
                // Either the time is over or the clock was moved: the loop looks again in both cases.
                let _ = tokio::time::timeout(left, moved).await;
            } else {
                moved.await;
            }
        }
    }

    /// The output of `future`, or `None` when `duration` passes on this clock before it is ready.
    pub(crate) async fn timeout<F: Future>(&self, duration: Duration, future: F) -> Option<F::Output> {
        let (mut future, mut over) = (pin!(future), pin!(self.sleep(duration)));
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => over.as_mut().poll(cx).map(|()| None),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const NEARLY_AN_HOUR: Duration = Duration::from_millis(3_599_999);

    #[test]
    fn a_stopped_clock_moves_by_advance_only() {
        let clock = Clock::isolated();
        clock.stop();
        let before = clock.now();
        assert_eq!(clock.now(), before);
        clock.advance(HOUR);
        assert_eq!(clock.now(), before + HOUR);
        assert_eq!(clock.precise(), before + HOUR);
    }

    #[test]
    fn the_system_clock_runs_and_can_be_moved() {
        let clock = Clock::system();
        let before = clock.now();
        clock.advance(HOUR);
        let passed = clock.now().since(before);
        assert!(passed >= HOUR && passed < HOUR * 2, "{passed:?}");
    }

    #[tokio::test]
    async fn advance_wakes_a_sleeper_of_a_stopped_clock() {
        let clock = Clock::isolated();
        clock.stop();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.timeout(HOUR, std::future::pending::<()>()).await }
        });
        tokio::task::yield_now().await;
        clock.advance(NEARLY_AN_HOUR);
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_millis(1));
        assert_eq!(sleeper.await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_isolated_clock_follows_tokios_paused_time() {
        let clock = Clock::isolated();
        let before = clock.now();
        tokio::time::sleep(HOUR).await;
        assert_eq!(clock.now(), before + HOUR);
    }

    #[test]
    fn moments_saturate() {
        assert_eq!(Moment::NEVER + HOUR, Moment::NEVER);
        assert_eq!(Moment(5).since(Moment(9)), Duration::ZERO);
    }
}
