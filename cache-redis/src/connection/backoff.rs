//! Pauses between attempts. They double, with full jitter, so that many processes do not come
//! back at once.

use std::time::{Duration, Instant};

/// A connection that ended before it lasted so long does not count: the pauses go on growing.
const LASTING: Duration = Duration::from_secs(5);

/// Growing pauses.
#[derive(Debug)]
pub(crate) struct Backoff {
    least: Duration,
    most: Duration,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new(least: Duration, most: Duration) -> Self {
        Self { least, most, attempts: 0 }
    }

    /// Returns the pause before the next attempt.
    pub(crate) fn pause(&mut self) -> Duration {
        let ceiling = self.least.saturating_mul(1 << self.attempts.min(16)).min(self.most);
        self.attempts = self.attempts.saturating_add(1);
        ceiling.mul_f64(fastrand::f64()).max(self.least / 2)
    }

    /// Notes that the connection ended after `lasted`.
    pub(crate) fn ended(&mut self, lasted: Duration) {
        if lasted >= LASTING {
            self.attempts = 0;
        }
    }
}

/// The gate before a server. All connections of a registry share its attempts, so that a server
/// that comes back does not meet a storm of them.
#[derive(Debug)]
pub(crate) struct Gate {
    backoff: Backoff,
    opens: Option<Instant>,
}

impl Gate {
    pub(crate) fn new(least: Duration, most: Duration) -> Self {
        Self { backoff: Backoff::new(least, most), opens: None }
    }

    /// Lets one attempt through, or returns the time to wait before asking again.
    pub(crate) fn enter(&mut self, now: Instant) -> Result<(), Duration> {
        match self.opens {
            Some(opens) if now < opens => Err(opens - now),
            Some(_) => {
                self.opens = Some(now + self.backoff.pause());
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Notes that an attempt succeeded: all may try.
    pub(crate) fn succeeded(&mut self) {
        self.opens = None;
    }

    /// Notes that an attempt failed.
    pub(crate) fn failed(&mut self, now: Instant) {
        let opens = now + self.backoff.pause();
        self.opens = Some(self.opens.map_or(opens, |other| other.max(opens)));
    }

    /// Notes that a connection was lost that had lasted so long.
    pub(crate) fn lost(&mut self, now: Instant, lasted: Duration) {
        self.backoff.ended(lasted);
        self.failed(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Duration = Duration::from_millis(50);
    const MOST: Duration = Duration::from_secs(5);

    #[test]
    fn pauses_grow_to_the_most_and_never_beyond() {
        let mut backoff = Backoff::new(LEAST, MOST);
        let pauses: Vec<_> = (0..200).map(|_| backoff.pause()).collect();
        assert!(pauses[0] <= LEAST);
        assert!(pauses.iter().all(|pause| *pause <= MOST && *pause >= LEAST / 2));
        assert!(pauses.iter().any(|pause| *pause > MOST / 2));
    }

    #[test]
    fn pauses_begin_anew_only_after_a_connection_that_lasted() {
        let mut backoff = Backoff::new(LEAST, MOST);
        (0..10).for_each(|_| _ = backoff.pause());
        backoff.ended(Duration::from_millis(10));
        assert_eq!(backoff.attempts, 10);
        backoff.ended(LASTING);
        assert_eq!(backoff.attempts, 0);
    }

    #[test]
    fn after_a_failure_the_gate_lets_one_attempt_through_at_a_time() {
        let (mut gate, now) = (Gate::new(LEAST, MOST), Instant::now());
        assert!(gate.enter(now).is_ok() && gate.enter(now).is_ok());
        gate.failed(now);
        assert!(gate.enter(now).is_err());
        let later = now + LEAST;
        assert!(gate.enter(later).is_ok());
        assert!(gate.enter(later).is_err());
        gate.succeeded();
        assert!(gate.enter(later).is_ok() && gate.enter(later).is_ok());
    }
}
