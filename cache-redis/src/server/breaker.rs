//! The breaker of one server: after some failures in a row nothing is sent until a probe was
//! answered.

use std::sync::atomic::{AtomicBool, Ordering};

use cachery_core::Breaker as Position;
use parking_lot::Mutex;
use tokio::sync::watch;

/// So many failures in a row open the breaker.
const MAX_FAILURES: u32 = 5;

/// Closed → open after failures in a row → half open while a probe runs → closed, or open again.
///
/// It does nothing by itself and knows no time: the link decides when to probe. While all is well
/// a request costs one atomic load.
pub(crate) struct Breaker {
    state: Mutex<State>,
    /// True while the state is another than the first one; else it is not locked.
    is_disturbed: AtomicBool,
    admits: watch::Sender<bool>,
}

struct State {
    failures: u32,
    position: Position,
}

impl Default for State {
    fn default() -> Self {
        Self { failures: 0, position: Position::Closed }
    }
}

impl State {
    fn admits(&self) -> bool {
        self.position == Position::Closed
    }

    /// Moves on from one position to another. Returns false where it was at another one.
    fn move_on(&mut self, from: Position, to: Position) -> bool {
        let moves = self.position == from;
        if moves {
            self.position = to;
        }
        moves
    }
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            is_disturbed: AtomicBool::new(false),
            admits: watch::Sender::new(true),
        }
    }

    /// Returns true when requests may be sent.
    pub(super) fn admits(&self) -> bool {
        !self.is_disturbed.load(Ordering::Acquire) || self.state.lock().admits()
    }

    /// Returns its position.
    pub(super) fn position(&self) -> Position {
        self.state.lock().position
    }

    /// Waits until requests may be sent.
    pub(super) async fn closed(&self) {
        self.admits_is(true).await;
    }

    /// Waits until requests may not be sent.
    pub(super) async fn opened(&self) {
        self.admits_is(false).await;
    }

    async fn admits_is(&self, wanted: bool) {
        // The sender is ours, so it cannot be gone.
        let _ = self.admits.subscribe().wait_for(|admits| *admits == wanted).await;
    }

    /// Notes that a request was answered. One that was sent before the breaker opened does not
    /// close it.
    pub(super) fn answered(&self) {
        if self.is_disturbed.load(Ordering::Relaxed) {
            self.change(|state| {
                if state.admits() {
                    state.failures = 0;
                }
            });
        }
    }

    /// Notes that a request failed. Returns true when that opened the breaker.
    pub(super) fn failed(&self) -> bool {
        self.change(|state| {
            state.failures = state.failures.saturating_add(1);
            state.failures >= MAX_FAILURES && state.move_on(Position::Closed, Position::Open)
        })
    }

    /// Opens it: nothing comes back while requests wait. Returns false when it was not closed.
    pub(super) fn open(&self) -> bool {
        self.change(|state| state.move_on(Position::Closed, Position::Open))
    }

    /// Notes that a probe begins. Returns true when one was needed.
    pub(super) fn probing(&self) -> bool {
        self.change(|state| state.move_on(Position::Open, Position::HalfOpen))
    }

    /// Notes that a probe failed. Returns true when one was needed.
    pub(super) fn probe_failed(&self) -> bool {
        self.change(|state| state.move_on(Position::HalfOpen, Position::Open))
    }

    /// Closes it, because the server works. Returns false when it was closed already.
    pub(super) fn close(&self) -> bool {
        self.change(|state| {
            let closes = !state.admits();
            *state = State::default();
            closes
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let result = change(&mut state);
        let admits = state.admits();
        self.is_disturbed.store(!admits || state.failures > 0, Ordering::Release);
        self.admits.send_if_modified(|known| std::mem::replace(known, admits) != admits);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn open() -> Breaker {
        let breaker = Breaker::new();
        (0..MAX_FAILURES).for_each(|_| _ = breaker.failed());
        breaker
    }

    fn is_undisturbed(breaker: &Breaker) -> bool {
        breaker.admits() && !breaker.is_disturbed.load(Ordering::Relaxed)
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_only_the_fifth_says_so() {
        let breaker = Breaker::new();
        assert_eq!([(); 6].map(|()| breaker.failed()), [false, false, false, false, true, false]);
        assert_eq!(breaker.position(), Position::Open);
        assert!(!breaker.admits());
    }

    #[test]
    fn silence_opens_it_at_once() {
        let breaker = Breaker::new();
        assert!(breaker.open());
        assert_eq!(breaker.position(), Position::Open);
        assert!(!breaker.open(), "only the first says so");
        assert!(breaker.probing() && !breaker.open() && breaker.close());
        assert!(is_undisturbed(&breaker));
    }

    #[test]
    fn an_answer_in_between_starts_the_count_anew() {
        let breaker = Breaker::new();
        (0..20)
            .for_each(|turn| if turn % 5 == 4 { breaker.answered() } else { _ = breaker.failed() });
        assert!(is_undisturbed(&breaker));
    }

    #[test]
    fn a_late_answer_does_not_close_it() {
        let breaker = open();
        breaker.answered();
        assert_eq!(breaker.position(), Position::Open);
    }

    #[test]
    fn a_probe_that_was_answered_closes_it() {
        let breaker = open();
        assert!(breaker.probing());
        assert_eq!(breaker.position(), Position::HalfOpen);
        assert!(!breaker.admits());
        assert!(breaker.close());
        assert!(is_undisturbed(&breaker));
    }

    #[test]
    fn a_probe_that_failed_leaves_it_open() {
        let breaker = open();
        breaker.probing();
        assert!(breaker.probe_failed());
        assert_eq!(breaker.position(), Position::Open);
        assert!(breaker.probing());
    }

    #[test]
    fn failures_while_a_probe_runs_change_nothing() {
        let breaker = open();
        breaker.probing();
        assert!(!breaker.failed());
        assert_eq!(breaker.position(), Position::HalfOpen);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_with_the_change_that_is_waited_for() {
        let breaker = Breaker::new();
        let changes = async {
            breaker.closed().await;
            tokio::join!(breaker.opened(), async {
                (0..MAX_FAILURES).for_each(|_| _ = breaker.failed());
            });
            tokio::join!(breaker.closed(), async { breaker.close() });
        };
        tokio::time::timeout(Duration::from_secs(1), changes).await.unwrap();
    }
}
