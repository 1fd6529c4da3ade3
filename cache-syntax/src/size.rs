//! The syntax of sizes.
//!
//! Digits alone are bytes: `1048576`. Otherwise a size is one number with one unit, without spaces:
//! `64MiB`, `500kB`. As with durations there is one spelling, without fractions, and every refusal
//! names what to write instead.

use crate::excerpt::excerpt;

/// A unit's name and its length in bytes, from the largest to the smallest.
const UNITS: [(&str, u64); 6] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
];

/// The mistake in a size, and the way to write it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SizeError {
    /// It is empty.
    #[error(r#"the size is empty: write bytes ("65536") or a number with a unit ("64KiB")"#)]
    Empty,
    /// It does not start with a number.
    #[error(r#"{text:?} is not a size: write bytes ("65536") or a number with a unit ("64KiB")"#)]
    NotASize {
        /// The whole text.
        text: String,
    },
    /// The number is followed by something else than a unit.
    #[error("unknown unit `{}`: use KiB, MiB, GiB, kB, MB or GB", unit.escape_debug())]
    UnknownUnit {
        /// The text in the place of a unit.
        unit: String,
    },
    /// It has a fraction.
    #[error(r#"{text:?} has a fraction: write "{instead}""#)]
    Fraction {
        /// The whole text.
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
    #[error("{text:?} is negative: a size is at least one byte")]
    Negative {
        /// The whole text.
        text: String,
    },
    /// It is zero.
    #[error("{text:?} is zero: a size is at least one byte")]
    Zero {
        /// The whole text.
        text: String,
    },
    /// It is more than 64 bits can count.
    #[error("{text:?} is too large: the largest size is 17179869183GiB")]
    TooLarge {
        /// The whole text.
        text: String,
    },
}

/// Reads a size: bytes (`"65536"`) or a number with a unit (`"64KiB"`), at least one byte.
///
/// # Errors
/// Returns the mistake and the way to write it.
///
/// ```
/// use cachery_syntax::parse_size;
///
/// assert_eq!(parse_size("8MiB"), Ok(8 << 20));
/// assert_eq!(parse_size("1.5MiB").unwrap_err().to_string(), r#""1.5MiB" has a fraction: write "1536KiB""#);
/// ```
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    refuse_spaces(text)?;
    refuse_non_sizes(text)?;
    let (number, unit) = split_number(text);
    refuse_fraction(text, number, unit)?;
    let length = length_of(unit)?;
    match number.parse().ok().and_then(|number: u64| number.checked_mul(length)) {
        Some(0) => Err(SizeError::Zero { text: excerpt(text) }),
        Some(bytes) => Ok(bytes),
        None => Err(SizeError::TooLarge { text: excerpt(text) }),
    }
}

/// Writes a size so that it reads back as the same value: `64KiB`, or bytes where no binary unit
/// fits.
///
/// ```
/// assert_eq!(cachery_syntax::format_size(65_536), "64KiB");
/// ```
pub fn format_size(bytes: u64) -> String {
    let fits = |(unit, length): &(&str, u64)| {
        unit.ends_with("iB") && bytes >= *length && bytes.is_multiple_of(*length)
    };
    match UNITS.iter().find(|unit| fits(unit)) {
        Some((unit, length)) => format!("{}{unit}", bytes / length),
        None => bytes.to_string(),
    }
}

fn refuse_spaces(text: &str) -> Result<(), SizeError> {
    let instead: String = text.split_whitespace().collect();
    if instead.is_empty() {
        return Err(SizeError::Empty);
    }
    if instead == text {
        return Ok(());
    }
    // "8 megabytes" is not cured by taking the space out: then the unit is the thing to talk about.
    parse_size(&instead)?;
    Err(SizeError::Spaces { text: excerpt(text), instead: excerpt(&instead) })
}

fn refuse_non_sizes(text: &str) -> Result<(), SizeError> {
    if text.starts_with('-') {
        return Err(SizeError::Negative { text: excerpt(text) });
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(SizeError::NotASize { text: excerpt(text) });
    }
    Ok(())
}

/// Refuses `1.5MiB` (and `1,5MiB`) with the value in whole numbers.
fn refuse_fraction(text: &str, whole: &str, after: &str) -> Result<(), SizeError> {
    let Some(after_point) = after.strip_prefix(['.', ',']) else { return Ok(()) };
    let (fraction, unit) = split_number(after_point);
    let length = length_of(unit)?;
    // Floats are good enough for a suggestion: the digits have been checked, and it is rounded to a
    // byte.
    let value: f64 = format!("{whole}.{fraction}").parse().unwrap_or(f64::MAX);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a cast from a float saturates, and the value is not negative"
    )]
    let bytes = (value * length as f64).round() as u64;
    Err(SizeError::Fraction { text: excerpt(text), instead: format_size(bytes.max(1)) })
}

/// The bytes in one `unit`; no unit is bytes.
fn length_of(unit: &str) -> Result<u64, SizeError> {
    if unit.is_empty() {
        return Ok(1);
    }
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    known.map(|(_, length)| *length).ok_or_else(|| SizeError::UnknownUnit { unit: excerpt(unit) })
}

fn split_number(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}
