//! The time for which an entry stays fresh.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::duration::{DurationError, format_duration, parse_duration};

const FOREVER: &str = "forever";

/// The time for which an entry stays fresh, as an attribute, a file or a variable says it.
///
/// ```
/// use std::time::Duration;
/// use cachery_syntax::Ttl;
///
/// assert_eq!("90".parse(), Ok(Ttl::For(Duration::from_secs(90))));
/// assert_eq!("1h30m".parse(), Ok(Ttl::For(Duration::from_secs(5400))));
/// assert_eq!("forever".parse(), Ok(Ttl::Forever));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// Until it is evicted or invalidated: `forever`.
    Forever,
    /// For this long, counted from when the entry was stored.
    For(Duration),
}

/// The mistake in a ttl. Where no duration would do, the message offers `forever`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TtlError(DurationError);

impl FromStr for Ttl {
    type Err = TtlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == FOREVER {
            Ok(Self::Forever)
        } else {
            parse_duration(text).map(Self::For).map_err(TtlError)
        }
    }
}

impl fmt::Display for TtlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)?;
        if matches!(self.0, DurationError::NotADuration { .. } | DurationError::TooLong { .. }) {
            write!(f, "; a ttl may also be {FOREVER:?}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TtlError {}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str(FOREVER),
            Self::For(duration) => f.write_str(&format_duration(*duration)),
        }
    }
}
