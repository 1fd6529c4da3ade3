//! The one clock of a registry. Freshness, waits and measurements read it; a test can stop and move
//! it.

mod alarm;
mod boot;
mod coarse;

use std::{
    fmt,
    future::{Future, poll_fn},
    ops::Add,
    pin::{Pin, pin},
    sync::{
        Arc, Once, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Poll,
    time::{Duration, SystemTime},
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use self::alarm::Alarm;
use crate::{housekeeping, runtime};

/// A reading of a [`Clock`]: nanoseconds since that clock was made.
///
/// ```
/// # use cachery::Caches;
/// use std::time::Duration;
///
/// let now = Caches::isolated().clock().now();
/// assert_eq!((now + Duration::from_secs(60)).since(now), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// The end of an entry that lives for ever, later than any reading.
    pub const NEVER: Self = Self(u64::MAX);

    /// The latest reading, some 584 years after the first.
    const LAST: Self = Self(u64::MAX - 1);

    /// Returns the moment `nanos` after the first reading, at most the last one.
    #[inline]
    const fn at(nanos: u64) -> Self {
        if nanos < Self::LAST.0 { Self(nanos) } else { Self::LAST }
    }

    /// Returns a number that grows with time, for an atomic.
    pub(crate) const fn to_bits(self) -> u64 {
        self.0
    }

    /// Returns the moment with this [number](Self::to_bits).
    #[inline]
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the moment `duration` before this one, at least the first.
    pub(crate) fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }

    /// Returns the time from `earlier` to this moment; zero when it is not later.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use std::time::Duration;
    ///
    /// let clock = Caches::isolated().clock();
    /// clock.stop();
    /// let before = clock.now();
    /// clock.advance(Duration::from_millis(5));
    /// assert_eq!(clock.now().since(before), Duration::from_millis(5));
    /// assert_eq!(before.since(clock.now()), Duration::ZERO);
    /// ```
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// Adds a time. The sum saturates at the last moment before [`Moment::NEVER`]; `NEVER` stays.
    fn add(self, duration: Duration) -> Self {
        if self == Self::NEVER { self } else { Self::at(self.0.saturating_add(nanos(duration))) }
    }
}

/// Returns a duration in whole nanoseconds. More than 584 years saturate.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The clock of one registry. Clones are the same clock.
///
/// The clock of the installed registry is the operating system's coarse one: a reading costs about
/// 5 ns and moves in steps of 1 to 4 ms. A wait by it needs neither timers of the runtime nor a
/// runtime; it ends up to half a second late. On Linux, time for which the machine slept counts,
/// within a second of its waking.
///
/// The clock of an isolated registry follows tokio's time, so `tokio::time::pause` stops it, too.
/// Callers that wait in such a registry for another's load need a tokio runtime with time enabled,
/// as `#[tokio::test]` has it.
///
/// ```
/// use std::time::Duration;
///
/// use cachery::Caches;
///
/// let caches = Caches::isolated();
/// caches.clock().advance(Duration::from_secs(3600)); // an hour later, at once
/// ```
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    source: Source,
    /// The date of the first reading.
    origin: SystemTime,
    /// Nanoseconds by which this clock was moved before its source.
    ahead: AtomicU64,
    /// The boot clock's lead in nanoseconds that this clock has taken into account.
    lead: AtomicU64,
    /// The reading at which the clock stands still, or `RUNNING`.
    stopped: AtomicU64,
    /// Wakes sleepers when the clock was moved.
    moved: Notify,
}

/// The mark of a clock that runs. Readings end before it.
const RUNNING: u64 = u64::MAX;

/// The shortest sleep, in nanoseconds, that is counted by itself: less may be the time between two
/// readings. Shorter ones are counted together.
const LEAST_SLEEP: u64 = 100_000_000;

/// The clocks for [`Clock::tick_all`]: all system clocks, and those made outside of a runtime.
static TICKED: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

enum Source {
    /// The readings of both clocks when this one was made: nanoseconds of the coarse one.
    System {
        coarse: u64,
        precise: std::time::Instant,
    },
    Isolated(runtime::Instant),
}

impl Clock {
    pub(crate) fn system() -> Self {
        let precise = std::time::Instant::now();
        Self::new(Source::System { coarse: coarse::nanos(), precise }).ticked()
    }

    pub(crate) fn isolated() -> Self {
        Self::new(Source::Isolated(runtime::Instant::now())).ticked()
    }

    /// Adds the clock to those that housekeeping ticks.
    fn ticked(self) -> Self {
        static TICKS: Once = Once::new();
        TICKS.call_once(|| housekeeping::add("the step for clocks", Self::tick_all));
        TICKED.lock().push(Arc::downgrade(&self.0));
        self
    }

    fn new(source: Source) -> Self {
        Self(Arc::new(Inner {
            source,
            origin: SystemTime::now(),
            ahead: AtomicU64::new(0),
            lead: AtomicU64::new(boot::lead().map_or(0, nanos)),
            stopped: AtomicU64::new(RUNNING),
            moved: Notify::new(),
        }))
    }

    /// Returns the present moment, to the granularity of the operating system's coarse clock.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let clock = Caches::isolated().clock();
    /// assert!(clock.now() <= clock.now());
    /// ```
    #[inline]
    pub fn now(&self) -> Moment {
        self.read(match &self.0.source {
            Source::System { coarse, .. } => coarse::nanos().saturating_sub(*coarse),
            Source::Isolated(origin) => nanos(origin.elapsed()),
        })
    }

    /// Returns the present moment to the nanosecond, for measurements. Compare it with other
    /// precise readings only.
    pub(crate) fn precise(&self) -> Moment {
        self.read(match &self.0.source {
            Source::System { precise, .. } => nanos(precise.elapsed()),
            Source::Isolated(origin) => nanos(origin.elapsed()),
        })
    }

    /// Returns the time since this clock was made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.now().since(Moment(0))
    }

    /// Returns the date by this clock, which is moved and stopped as the clock is.
    pub(crate) fn date(&self) -> SystemTime {
        self.0.origin + self.now().since(Moment(0))
    }

    #[inline]
    fn read(&self, source: u64) -> Moment {
        match self.0.stopped.load(Relaxed) {
            RUNNING => Moment::at(source.saturating_add(self.0.ahead.load(Relaxed))),
            stopped => Moment(stopped),
        }
    }

    /// Moves the clock forward by `duration` and wakes all that waited for that moment. It is meant
    /// for isolated registries: the clock of an installed registry moves for the whole process.
    ///
    /// ```
    /// # use cachery::Caches;
    /// use std::time::Duration;
    ///
    /// let clock = Caches::isolated().clock();
    /// let before = clock.now();
    /// clock.advance(Duration::from_secs(3600));
    /// assert!(clock.now().since(before) >= Duration::from_secs(3600));
    /// ```
    pub fn advance(&self, duration: Duration) {
        let add = |at: u64| Some((Moment::at(at) + duration).0);
        match self.0.stopped.load(Relaxed) {
            RUNNING => self.0.ahead.fetch_update(Relaxed, Relaxed, add).ok(),
            _ => self.0.stopped.fetch_update(Relaxed, Relaxed, add).ok(),
        };
        self.0.moved.notify_waiters();
    }

    /// Stops the clock at the present moment: from here only [`advance`](Self::advance) moves it.
    ///
    /// ```
    /// # use cachery::Caches;
    /// let clock = Caches::isolated().clock();
    /// clock.stop();
    /// assert_eq!(clock.now(), clock.now());
    /// ```
    pub fn stop(&self) {
        let Moment(now) = self.now();
        self.0.stopped.store(now, Relaxed);
        self.0.moved.notify_waiters();
    }

    /// Tells whether this clock follows real time.
    pub(crate) fn is_system(&self) -> bool {
        matches!(self.0.source, Source::System { .. })
    }

    /// Wakes all that wait by a clock without a runtime, so that they look at it: the part of
    /// housekeeping in [`timeout`](Self::timeout).
    pub(crate) fn tick_all() {
        let mut clocks = Vec::new();
        TICKED.lock().retain(|clock| {
            let clock = clock.upgrade();
            let alive = clock.is_some();
            clocks.extend(clock);
            alive
        });
        let lead = boot::lead();
        // Outside of the lock: wakers are not ours.
        for inner in clocks {
            Self(inner).tick(lead);
        }
    }

    /// Counts the time that the machine slept, by the boot clock's `lead`, and wakes those who wait.
    fn tick(&self, lead: Option<Duration>) {
        if let Some(lead) = lead {
            self.count_sleep(lead);
        }
        self.0.moved.notify_waiters();
    }

    /// Moves a system clock by the time for which the machine slept, by which the `lead` of the
    /// boot clock has grown. A stopped clock stays where it is.
    fn count_sleep(&self, lead: Duration) {
        let known = self.0.lead.load(Relaxed);
        let slept = nanos(lead).saturating_sub(known);
        if !self.is_system() || slept < LEAST_SLEEP {
            return;
        }
        self.0.lead.store(nanos(lead), Relaxed);
        if self.0.stopped.load(Relaxed) == RUNNING {
            let add = |ahead: u64| Some(Moment::at(ahead.saturating_add(slept)).0);
            // The closure never refuses.
            let _ = self.0.ahead.fetch_update(Relaxed, Relaxed, add);
        }
    }

    /// Completes `duration` later on this clock; on a system clock, at the first
    /// [tick](Self::tick_all) after that. Dropping the future has no effect.
    async fn sleep(&self, duration: Duration) {
        self.wait_until(self.now() + duration, false).await;
    }

    /// Returns a future that is ready `duration` later on this clock, to the millisecond.
    pub(crate) fn alarm(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let clock = self.clone();
        let end = self.now() + duration;
        Box::pin(async move { clock.wait_until(end, true).await })
    }

    /// Completes at `end` on this clock; on a system clock at the first tick after that, unless it
    /// is to be `punctual`.
    async fn wait_until(&self, end: Moment, punctual: bool) {
        loop {
            let mut moved = pin!(self.0.moved.notified());
            // Registered before the clock is read, so that a move in between is not missed.
            moved.as_mut().enable();
            let left = end.since(self.now());
            if left.is_zero() {
                return;
            }
            let is_stopped = self.0.stopped.load(Relaxed) != RUNNING;
            if self.is_system() && !is_stopped && punctual {
                let mut alarm = pin!(Alarm::at(std::time::Instant::now() + left));
                poll_fn(|cx| match moved.as_mut().poll(cx) {
                    Poll::Ready(()) => Poll::Ready(()),
                    Poll::Pending => alarm.as_mut().poll(cx),
                })
                .await;
            } else if self.is_system() || is_stopped {
                // No timer: the caller's runtime may have none, or may not be tokio's.
                moved.await;
            } else {
                // The time is over, or the clock was moved: the loop looks again in both cases.
                runtime::paused_timeout(left, moved).await;
            }
        }
    }

    /// Returns the output of `future`, or `None` when `duration` passes on this clock before it is
    /// ready.
    pub(crate) async fn timeout<F: Future>(
        &self,
        duration: Duration,
        future: F,
    ) -> Option<F::Output> {
        first_of(future, self.sleep(duration)).await
    }

    /// Returns the output of `future` as [`timeout`](Self::timeout) does, to the millisecond.
    pub(crate) async fn punctual_timeout<F: Future>(
        &self,
        duration: Duration,
        future: F,
    ) -> Option<F::Output> {
        first_of(future, self.alarm(duration)).await
    }
}

/// Returns the output of `future`, or `None` when it is `over` before.
async fn first_of<F: Future>(future: F, over: impl Future<Output = ()>) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut over = pin!(over);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => over.as_mut().poll(cx).map(|()| None),
    })
    .await
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("system", &self.is_system())
            .field("stopped", &(self.0.stopped.load(Relaxed) != RUNNING))
            .field("now", &self.now().since(Moment(0)))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::mpsc, thread, time::Instant};

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

    #[test]
    fn time_for_which_the_machine_slept_counts() {
        let clock = Clock::system();
        let (before, lead) = (clock.now(), boot::lead().unwrap_or_default());
        clock.tick(None);
        assert!(clock.now().since(before) < HOUR);
        clock.tick(Some(lead + HOUR));
        let passed = clock.now().since(before);
        assert!(passed >= HOUR && passed < HOUR * 2, "{passed:?}");
        assert!(clock.precise().since(before) >= HOUR);
        clock.count_sleep(lead + HOUR);
        assert!(clock.now().since(before) < HOUR * 2, "each sleep counts once");
        clock.count_sleep(lead + HOUR * 3);
        assert!(clock.now().since(before) >= HOUR * 3);
    }

    #[test]
    fn a_moment_between_two_readings_is_no_sleep_and_short_sleeps_add_up() {
        let clock = Clock::system();
        let (before, lead) = (clock.now(), Duration::from_nanos(clock.0.lead.load(Relaxed)));
        let short = Duration::from_nanos(LEAST_SLEEP / 2);
        clock.count_sleep(lead + short);
        clock.count_sleep(lead);
        assert_eq!(clock.0.ahead.load(Relaxed), 0);
        clock.count_sleep(lead + short * 2);
        assert!(clock.now().since(before) >= short * 2);
    }

    #[test]
    fn sleep_moves_neither_a_stopped_clock_nor_that_of_a_test() {
        let stopped = Clock::system();
        stopped.stop();
        let isolated = Clock::isolated();
        for clock in [stopped, isolated] {
            let before = clock.now();
            clock.count_sleep(HOUR * 100_000);
            assert!(clock.now().since(before) < HOUR, "{clock:?}");
        }
    }

    #[test]
    fn the_boot_clock_never_falls_behind() {
        let Some(lead) = boot::lead() else { return };
        let later = boot::lead().unwrap();
        // No sleep in between; the readings may be some time apart.
        assert!(later.abs_diff(lead) < Duration::from_secs(5), "{lead:?} {later:?}");
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
        assert_eq!(Moment(5) + Duration::MAX, Moment::LAST);
        assert!(Moment::LAST + HOUR < Moment::NEVER);
    }

    #[test]
    fn no_clock_can_be_moved_to_the_end_of_what_lives_for_ever() {
        for clock in [Clock::isolated(), Clock::system()] {
            clock.advance(Duration::MAX);
            clock.advance(HOUR);
            assert_eq!((clock.now(), clock.precise()), (Moment::LAST, Moment::LAST));
            clock.stop();
            assert_eq!(clock.now(), Moment::LAST);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stopped_clock_stays_stopped_however_far_it_is_moved() {
        let clock = Clock::isolated();
        clock.stop();
        clock.advance(Duration::MAX);
        clock.advance(HOUR);
        assert!(clock.now() < Moment::NEVER);
        assert!(format!("{clock:?}").contains("stopped: true"), "{clock:?}");
        assert_eq!(
            clock.timeout(HOUR, pending::<()>()).await,
            None,
            "there is nothing left to wait for"
        );
    }

    #[test]
    fn a_system_clock_wakes_its_sleepers_without_the_timers_of_a_runtime() {
        let wait = Duration::from_millis(50);
        let (over, ended) = mpsc::channel::<()>();
        let housekeeping = thread::spawn(move || {
            while ended.recv_timeout(Duration::from_millis(5))
                == Err(mpsc::RecvTimeoutError::Timeout)
            {
                Clock::tick_all();
            }
        });
        let clock = Clock::system();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let began = Instant::now();
        assert_eq!(runtime.block_on(clock.timeout(wait, pending::<()>())), None);
        // A coarse clock's steps may be missing at both ends.
        assert!(began.elapsed() > wait / 2, "{:?}", began.elapsed());
        drop(over);
        housekeeping.join().unwrap();
    }

    #[test]
    fn a_system_clock_that_is_gone_is_not_kept() {
        let clock = Clock::system();
        let weak = Arc::downgrade(&clock.0);
        drop(clock);
        // Another test's tick may hold it for a moment.
        while weak.strong_count() > 0 {
            thread::yield_now();
        }
        Clock::tick_all();
        let listed = TICKED.lock();
        assert!(!listed.iter().any(|clock| clock.ptr_eq(&weak)));
    }

    #[test]
    fn debug_tells_of_the_time_and_whether_it_runs() {
        let clock = Clock::isolated();
        clock.stop();
        let before = clock.now().since(Moment(0));
        clock.advance(HOUR);
        let now = before + HOUR;
        assert_eq!(
            format!("{clock:?}"),
            format!("Clock {{ system: false, stopped: true, now: {now:?} }}")
        );
    }
}
