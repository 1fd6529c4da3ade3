//! The most that the loads of a cache may cost in some time.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Serialize, Serializer};

use crate::{
    duration::{MAX_DURATION, format_duration, parse_duration},
    excerpt::excerpt,
};

const OFF: &str = "off";

/// The nano-units of one unit.
const NANOS: u64 = 1_000_000_000;

/// The largest budget in units. Larger ones would leave 64 bits, counted in nano-units.
const MOST_UNITS: u64 = 9_000_000_000;

/// The most digits after the point: a nano-unit has so many.
const DIGITS: usize = 9;

/// The most that the loads of a cache may cost in some time, as an attribute, a file or a variable
/// says it.
///
/// ```
/// use std::time::Duration;
///
/// use cachery_syntax::{Budget, Window};
///
/// assert_eq!("50/day".parse(), Ok(Budget::of(50.0, Window::Day)));
/// let sliding = Window::Sliding(Duration::from_secs(24 * 3600));
/// assert_eq!("2.50/24h".parse(), Ok(Budget::of(2.5, sliding)));
/// assert_eq!("off".parse(), Ok(Budget::Off));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Budget {
    /// Loads may cost what they like.
    #[default]
    Off,
    /// This much in each window.
    Of {
        /// The amount, in billionths of the unit of costs.
        nanos: u64,
        /// The time in which it may be spent.
        window: Window,
    },
}

/// The time for which a [`Budget`] is.
///
/// ```
/// use cachery_syntax::Window;
///
/// assert_eq!("day".parse(), Ok(Window::Day));
/// assert_eq!(Window::Day.to_string(), "day");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Window {
    /// A minute of the clock.
    Minute,
    /// An hour of the clock, by UTC.
    Hour,
    /// A day of the calendar, by UTC.
    Day,
    /// A week of the calendar, from Monday on, by UTC.
    Week,
    /// A month of the calendar, by UTC.
    Month,
    /// Any time of this length, whenever it begins.
    Sliding(Duration),
}

/// The mistake in a [`Budget`], and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// It is not an amount and a time.
    #[error(
        "{0:?} is not a budget: write an amount and a time, as \"50/day\" or \"2.50/24h\", or \"off\""
    )]
    NotABudget(String),
    /// It is zero.
    #[error("a budget of zero lets nothing be loaded: write \"off\" for none, or a larger one")]
    Zero,
    /// It is more than 64 bits can count.
    #[error("{0:?} is too large: the largest budget is 9000000000 for each window")]
    TooLarge(String),
    /// It has more digits than a billionth.
    #[error(
        "{0:?} has more than nine digits after the point, and a billionth is the smallest part"
    )]
    TooFine(String),
    /// The time is unknown.
    #[error(
        "{0:?} is not the time of a budget: write minute, hour, day, week or month (by the calendar, UTC), or a duration, as 24h, for a sliding one"
    )]
    Window(String),
}

impl Budget {
    /// Returns a budget of so many units for each window.
    ///
    /// Zero, and what is not a number, is [`Off`](Self::Off).
    pub const fn of(units: f64, window: Window) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "the conversion saturates"
        )]
        Self::of_nanos((units * NANOS as f64 + 0.5) as u64, window)
    }

    /// Returns a budget of so many billionths of a unit for each window; none is
    /// [`Off`](Self::Off).
    pub const fn of_nanos(nanos: u64, window: Window) -> Self {
        if nanos == 0 { Self::Off } else { Self::Of { nanos, window } }
    }

    /// Checks a value that code has made.
    ///
    /// # Errors
    /// Refuses one that is too large, and a time that is too short or too long.
    pub fn check(self) -> Result<Self, BudgetError> {
        let Self::Of { nanos, window } = self else { return Ok(self) };
        if nanos > MOST_UNITS * NANOS {
            return Err(BudgetError::TooLarge(self.to_string()));
        }
        match window {
            Window::Sliding(time) if !(Duration::from_secs(1)..=MAX_DURATION).contains(&time) => {
                Err(BudgetError::Window(window.to_string()))
            }
            _ => Ok(self),
        }
    }
}

impl FromStr for Budget {
    type Err = BudgetError;

    fn from_str(text: &str) -> Result<Self, BudgetError> {
        if text == OFF {
            return Ok(Self::Off);
        }
        let not_a_budget = || BudgetError::NotABudget(excerpt(text));
        let (amount, window) = text.split_once('/').ok_or_else(not_a_budget)?;
        let nanos = read_amount(amount, text)?;
        let window = window.parse()?;
        Self::Of { nanos, window }.check()
    }
}

/// Reads digits with a point, exactly. `text` is the whole budget, for messages.
fn read_amount(amount: &str, text: &str) -> Result<u64, BudgetError> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(BudgetError::NotABudget(excerpt(text)));
    }
    if fraction.len() > DIGITS {
        return Err(BudgetError::TooFine(excerpt(text)));
    }
    let too_large = || BudgetError::TooLarge(excerpt(text));
    let units: u64 = whole.parse().map_err(|_| too_large())?;
    let billionths: u64 = format!("{fraction:0<DIGITS$}").parse().map_err(|_| too_large())?;
    let nanos = units.checked_mul(NANOS).and_then(|nanos| nanos.checked_add(billionths));
    match nanos.ok_or_else(too_large)? {
        0 => Err(BudgetError::Zero),
        nanos => Ok(nanos),
    }
}

impl FromStr for Window {
    type Err = BudgetError;

    fn from_str(text: &str) -> Result<Self, BudgetError> {
        Ok(match text {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            _ => {
                let time = parse_duration(text).ok();
                Self::Sliding(time.ok_or_else(|| BudgetError::Window(excerpt(text)))?)
            }
        })
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Of { nanos, window } = self else { return f.write_str(OFF) };
        write!(f, "{}/{window}", format_amount(*nanos))
    }
}

/// Writes an amount of money, given in billionths of its unit.
///
/// ```
/// assert_eq!(cachery_syntax::format_amount(30_000_000), "0.03");
/// ```
pub fn format_amount(nanos: u64) -> String {
    let [units, billionths] = [nanos / NANOS, nanos % NANOS];
    if billionths == 0 {
        return units.to_string();
    }
    let fraction = format!("{billionths:09}");
    format!("{units}.{}", fraction.trim_end_matches('0'))
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Sliding(time) => return f.write_str(&format_duration(*time)),
        })
    }
}

impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["off", "50/day", "0.000000001/month", "2.5/1h30m", "9000000000/week"] {
            assert_eq!(text.parse::<Budget>().unwrap().to_string(), text);
        }
        assert_eq!("2.50/hour".parse::<Budget>().unwrap().to_string(), "2.5/hour");
        assert_eq!("50/day".parse(), Ok(Budget::of(50.0, Window::Day)));
        assert_eq!(Budget::of(0.0, Window::Day), Budget::Off);
        assert_eq!(Budget::of(f64::NAN, Window::Day), Budget::Off);
    }

    #[test]
    fn a_wrong_one_is_told_the_way_out() {
        for (text, way_out) in [
            ("50", "write an amount and a time"),
            ("-1/day", "write an amount and a time"),
            ("1e3/day", "write an amount and a time"),
            (".5/day", "write an amount and a time"),
            ("0/day", "a budget of zero"),
            ("0.0/day", "a budget of zero"),
            ("9000000001/day", "is too large"),
            ("99999999999999999999/day", "is too large"),
            ("0.0000000001/day", "more than nine digits"),
            ("50/days", "write minute, hour, day"),
            ("50/100ms", "write minute, hour, day"),
            ("50/", "write minute, hour, day"),
        ] {
            let error = text.parse::<Budget>().unwrap_err().to_string();
            assert!(error.contains(way_out), "{text}: {error}");
        }
        assert!(Budget::of(1e18, Window::Day).check().is_err());
    }
}
