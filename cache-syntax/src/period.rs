//! A time that a setting may switch off.

use std::{fmt, str::FromStr, time::Duration};

use crate::duration::{DurationError, format_duration, parse_duration};

const OFF: &str = "off";

/// A time that may be switched off, as an attribute, a file or a variable says it.
///
/// ```
/// use std::time::Duration;
///
/// use cachery_syntax::Period;
///
/// assert_eq!("1m".parse(), Ok(Period::For(Duration::from_secs(60))));
/// assert_eq!("off".parse(), Ok(Period::Off));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// No time: `off`.
    Off,
    /// This long.
    For(Duration),
}

/// The mistake in a [`Period`]. Where no duration would do, the message offers `off`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodError(DurationError);

impl Period {
    /// Returns the period of this length; zero is off.
    pub const fn of(time: Duration) -> Self {
        if time.is_zero() { Self::Off } else { Self::For(time) }
    }

    /// Returns the time; `None` where it is switched off.
    pub const fn time(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::For(time) => Some(time),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == OFF {
            Ok(Self::Off)
        } else {
            parse_duration(text).map(Self::For).map_err(PeriodError)
        }
    }
}

impl fmt::Display for PeriodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        if matches!(self.0, DurationError::NotADuration { .. } | DurationError::Zero { .. }) {
            write!(f, "; it may also be {OFF:?}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PeriodError {}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str(OFF),
            Self::For(time) => f.write_str(&format_duration(*time)),
        }
    }
}
