//! The breaker of one server: after some failures in a row nobody asks it any more, until a probe was answered.

use cachery_core::Breaker as State;

/// So many failures in a row open the breaker.
const FAILURES: u32 = 5;

/// Closed → open after failures in a row → half open while a probe runs → closed, or open again. It does nothing by itself and knows
/// no time: who probes, and when, is the link's affair.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    state: Position,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Position {
    #[default]
    Closed,
    Open,
    HalfOpen,
}

impl Breaker {
    pub(crate) fn state(&self) -> State {
        match self.state {
            Position::Closed => State::Closed,
            Position::Open => State::Open,
            Position::HalfOpen => State::HalfOpen,
        }
    }

    /// Whether requests may be sent.
    pub(crate) fn admits(&self) -> bool {
        self.state == Position::Closed
    }

    /// Whether there is nothing to keep in mind.
    pub(crate) fn is_untroubled(&self) -> bool {
        self.admits() && self.failures == 0
    }

    /// A request was answered. One that was sent before the breaker opened does not close it.
    pub(crate) fn answered(&mut self) {
        if self.admits() {
            self.failures = 0;
        }
    }

    /// A request failed. Tells whether that opened the breaker.
    pub(crate) fn failed(&mut self) -> bool {
        self.failures = self.failures.saturating_add(1);
        let opens = self.admits() && self.failures >= FAILURES;
        if opens {
            self.state = Position::Open;
        }
        opens
    }

    /// A probe is on its way. Tells whether one was wanted.
    pub(crate) fn probing(&mut self) -> bool {
        let wanted = self.state == Position::Open;
        if wanted {
            self.state = Position::HalfOpen;
        }
        wanted
    }

    /// The probe came to nothing.
    pub(crate) fn refused(&mut self) -> bool {
        let probed = self.state == Position::HalfOpen;
        if probed {
            self.state = Position::Open;
        }
        probed
    }

    /// The server works. Tells whether that closed the breaker.
    pub(crate) fn close(&mut self) -> bool {
        let closes = !self.admits();
        *self = Self::default();
        closes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Breaker {
        let mut breaker = Breaker::default();
        (0..FAILURES).for_each(|_| _ = breaker.failed());
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_only_the_fifth_says_so() {
        let mut breaker = Breaker::default();
        assert_eq!([(); 6].map(|()| breaker.failed()), [false, false, false, false, true, false]);
        assert_eq!(breaker.state(), State::Open);
        assert!(!breaker.admits());
    }

    #[test]
    fn an_answer_in_between_starts_the_count_anew() {
        let mut breaker = Breaker::default();
        (0..20).for_each(|turn| if turn % 5 == 4 { breaker.answered() } else { _ = breaker.failed() });
        assert!(breaker.is_untroubled());
    }

    #[test]
    fn a_late_answer_does_not_close_it() {
        let mut breaker = open();
        breaker.answered();
        assert_eq!(breaker.state(), State::Open);
    }

    #[test]
    fn a_probe_that_was_answered_closes_it() {
        let mut breaker = open();
        assert!(breaker.probing());
        assert_eq!(breaker.state(), State::HalfOpen);
        assert!(!breaker.admits());
        assert!(breaker.close());
        assert!(breaker.is_untroubled());
    }

    #[test]
    fn a_probe_that_came_to_nothing_leaves_it_open() {
        let mut breaker = open();
        breaker.probing();
        assert!(breaker.refused());
        assert_eq!(breaker.state(), State::Open);
        assert!(breaker.probing());
    }

    #[test]
    fn failures_while_a_probe_runs_change_nothing() {
        let mut breaker = open();
        breaker.probing();
        assert!(!breaker.failed());
        assert_eq!(breaker.state(), State::HalfOpen);
    }
}
