//! Dates of the moments of tokio's clock, which tests move.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Dates of the moments of tokio's clock.
pub(crate) struct Dates {
    began: Instant,
    /// The date of `began`.
    origin: SystemTime,
}

impl Default for Dates {
    fn default() -> Self {
        Self { began: Instant::now(), origin: SystemTime::now() }
    }
}

impl Dates {
    /// Returns the time since the routes were made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns the date of now, in Unix seconds.
    pub(crate) fn now(&self) -> u64 {
        self.of(Instant::now())
    }

    /// Returns the date of a moment after the routes were made, in Unix seconds.
    pub(crate) fn of(&self, moment: Instant) -> u64 {
        let date = self.origin + moment.saturating_duration_since(self.began);
        date.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }
}
