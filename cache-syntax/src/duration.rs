//! The syntax of durations.
//!
//! Digits alone are seconds: `3600`. Otherwise a duration is numbers with units, from the largest
//! unit to the smallest, each at most once and without spaces: `1h30m`, `500ms`, `2w`. There is one
//! spelling, without fractions, signs or long unit names, so that two people read one value in one
//! way; every refusal names the spelling to use instead.

use std::fmt::Write as _;
use std::time::Duration;

use crate::excerpt::excerpt;

/// The longest duration: 36,500 days, about a century.
///
/// A bound that no real ttl meets lets everything that adds durations to points in time do so
/// without overflow.
pub const MAX_DURATION: Duration = Duration::from_secs(36_500 * 24 * 60 * 60);

/// A unit's name and its length in milliseconds, from the largest to the smallest.
const UNITS: [(&str, u32); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The mistake in a duration, and the way to write it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationError {
    /// It is empty.
    #[error(r#"the duration is empty: write seconds ("90") or numbers with units ("1h30m")"#)]
    Empty,
    /// It does not start with a number.
    #[error(r#"{text:?} is not a duration: write seconds ("90") or numbers with units ("1h30m")"#)]
    NotADuration {
        /// The whole text.
        text: String,
    },
    /// A number is followed by something else than a unit.
    #[error("unknown unit `{}`: use ms, s, m, h, d or w, for example \"10m\"", unit.escape_debug())]
    UnknownUnit {
        /// The text in the place of a unit.
        unit: String,
    },
    /// A number follows a unit and has none itself.
    #[error("the number `{number}` has no unit: add ms, s, m, h, d or w")]
    MissingUnit {
        /// The number.
        number: String,
    },
    /// A unit stands twice.
    #[error("the unit `{unit}` is given twice: write it once")]
    RepeatedUnit {
        /// The unit.
        unit: &'static str,
    },
    /// A larger unit follows a smaller one.
    #[error(r#"`{larger}` after `{smaller}`: write units from large to small, as in "1h30m""#)]
    UnitOrder {
        /// The unit that stands too late.
        larger: &'static str,
        /// The unit before it.
        smaller: &'static str,
    },
    /// It has a fraction.
    #[error(r#"{text:?} has a fraction: write "{instead}""#)]
    Fraction {
        /// The number with its fraction and unit.
        text: String,
        /// The same in whole numbers.
        instead: String,
    },
    /// It would be right without its spaces.
    #[error(r#"{text:?} has spaces: write "{instead}""#)]
    Spaces {
        /// The whole text.
        text: String,
        /// The same without spaces.
        instead: String,
    },
    /// It is below zero.
    #[error("{text:?} is negative: a duration is longer than zero")]
    Negative {
        /// The whole text.
        text: String,
    },
    /// It is zero.
    #[error("{text:?} is zero: a duration is longer than zero")]
    Zero {
        /// The whole text.
        text: String,
    },
    /// It is longer than [`MAX_DURATION`].
    #[error("{text:?} is too long: the longest duration is 36500d")]
    TooLong {
        /// The whole text.
        text: String,
    },
}

/// Reads a duration: seconds (`"90"`) or numbers with units (`"1h30m"`), longer than zero and at
/// most
/// [`MAX_DURATION`]. `"forever"` is a [`Ttl`](crate::Ttl), not a duration.
///
/// # Errors
/// Returns the mistake and the way to write it.
///
/// ```
/// use std::time::Duration;
/// use cachery_syntax::parse_duration;
///
/// assert_eq!(parse_duration("1h30m"), Ok(Duration::from_secs(5400)));
/// assert_eq!(parse_duration("1.5h").unwrap_err().to_string(), r#""1.5h" has a fraction: write "1h30m""#);
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    refuse_spaces(text)?;
    let millis = if is_number(text) { in_millis(text, 1_000) } else { parse_pairs(text)? };
    match millis.map(Duration::from_millis) {
        Some(Duration::ZERO) => Err(DurationError::Zero { text: excerpt(text) }),
        Some(duration) if duration <= MAX_DURATION => Ok(duration),
        _ => Err(DurationError::TooLong { text: excerpt(text) }),
    }
}

/// Writes a duration so that it reads back as the same value. Parts below a millisecond round up.
///
/// Weeks are written as days: `8d` says more than `1w1d`.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(cachery_syntax::format_duration(Duration::from_secs(5400)), "1h30m");
/// ```
pub fn format_duration(duration: Duration) -> String {
    let mut rest = duration.as_nanos().div_ceil(1_000_000);
    let mut text = String::new();
    for (unit, millis) in UNITS.into_iter().filter(|(unit, _)| *unit != "w") {
        let count = rest / u128::from(millis);
        rest %= u128::from(millis);
        if count > 0 {
            write!(text, "{count}{unit}").expect("a string takes every write");
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

fn refuse_spaces(text: &str) -> Result<(), DurationError> {
    let instead: String = text.split_whitespace().collect();
    if instead.is_empty() {
        return Err(DurationError::Empty);
    }
    if instead == text {
        return Ok(());
    }
    // "10 minutes" is not cured by taking the space out: then the unit is the thing to talk about.
    parse_duration(&instead)?;
    Err(DurationError::Spaces { text: excerpt(text), instead: excerpt(&instead) })
}

/// The sum of all number and unit pairs in milliseconds; `None` when it overflows.
fn parse_pairs(text: &str) -> Result<Option<u64>, DurationError> {
    refuse_non_durations(text)?;
    let mut sum = Some(0_u64);
    let mut previous = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = split_where(rest, |c| !c.is_ascii_digit());
        refuse_fraction(rest, number, after)?;
        let (unit, after) = split_where(after, |c| c.is_ascii_digit());
        let rank = unit_rank(number, unit)?;
        refuse_disorder(previous, rank)?;
        sum =
            sum.zip(in_millis(number, UNITS[rank].1)).and_then(|(sum, part)| sum.checked_add(part));
        (previous, rest) = (Some(rank), after);
    }
    Ok(sum)
}

fn refuse_non_durations(text: &str) -> Result<(), DurationError> {
    if text.starts_with('-') {
        return Err(DurationError::Negative { text: excerpt(text) });
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(DurationError::NotADuration { text: excerpt(text) });
    }
    Ok(())
}

/// Refuses `1.5h` (and `1,5h`) with the value in whole numbers.
fn refuse_fraction(rest: &str, whole: &str, after: &str) -> Result<(), DurationError> {
    let Some(after_point) = after.strip_prefix(['.', ',']) else { return Ok(()) };
    let (fraction, after_fraction) = split_where(after_point, |c| !c.is_ascii_digit());
    let (unit, left) = split_where(after_fraction, |c| c.is_ascii_digit());
    let unit_millis = UNITS[unit_rank(whole, if unit.is_empty() { "s" } else { unit })?].1;
    // A float is good enough for a suggestion: it has been checked to be digits, and is rounded to
    // 1 ms.
    let value: f64 = format!("{whole}.{fraction}").parse().unwrap_or(f64::MAX);
    let nearest = Duration::try_from_secs_f64((value * f64::from(unit_millis)).round() / 1_000.0);
    let instead = format_duration(
        nearest.unwrap_or(MAX_DURATION).clamp(Duration::from_millis(1), MAX_DURATION),
    );
    Err(DurationError::Fraction { text: excerpt(&rest[..rest.len() - left.len()]), instead })
}

/// Returns the place of a unit in [`UNITS`].
fn unit_rank(number: &str, unit: &str) -> Result<usize, DurationError> {
    if unit.is_empty() {
        return Err(DurationError::MissingUnit { number: excerpt(number) });
    }
    UNITS
        .iter()
        .position(|(name, _)| *name == unit)
        .ok_or_else(|| DurationError::UnknownUnit { unit: excerpt(unit) })
}

fn refuse_disorder(previous: Option<usize>, rank: usize) -> Result<(), DurationError> {
    match previous {
        Some(previous) if previous == rank => {
            Err(DurationError::RepeatedUnit { unit: UNITS[rank].0 })
        }
        Some(previous) if previous > rank => {
            Err(DurationError::UnitOrder { larger: UNITS[rank].0, smaller: UNITS[previous].0 })
        }
        _ => Ok(()),
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn in_millis(number: &str, unit_millis: u32) -> Option<u64> {
    number.parse::<u64>().ok()?.checked_mul(unit_millis.into())
}

fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}
