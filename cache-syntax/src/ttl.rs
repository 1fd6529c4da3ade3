//! How long an entry lives.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::duration::{DurationError, format_duration, parse_duration};

const FOREVER: &str = "forever";

/// How long an entry stays fresh, as an attribute, a file or a variable says it.
///
/// ```
/// use std::time::Duration;
/// use cache_syntax::Ttl;
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

impl FromStr for Ttl {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == FOREVER { Ok(Self::Forever) } else { parse_duration(text).map(Self::For) }
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str(FOREVER),
            Self::For(duration) => f.write_str(&format_duration(*duration)),
        }
    }
}
