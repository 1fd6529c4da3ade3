//! The parts of time over which a budget is counted: whole windows of the calendar, or twelfths of a
//! sliding one.

use std::time::Duration;

use cachery_syntax::Window;

/// A sliding window is counted in so many parts. Money that was spent comes back up to one part late.
const PARTS: u32 = 12;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
/// The first day of 1970 was a Thursday.
const FROM_MONDAY: u64 = 3 * DAY;

/// Returns the number of the part of `window` that the time `since_1970` is in. Later parts have
/// higher numbers.
pub(super) fn number(window: Window, since_1970: Duration) -> u64 {
    let seconds = since_1970.as_secs();
    match window {
        Window::Minute => seconds / MINUTE,
        Window::Hour => seconds / HOUR,
        Window::Week => (seconds + FROM_MONDAY) / WEEK,
        Window::Month => month(seconds / DAY),
        Window::Sliding(time) => {
            let part = (time / PARTS).as_nanos().max(1);
            u64::try_from(since_1970.as_nanos() / part).unwrap_or(u64::MAX)
        }
        // `Window` may have more variants in later versions of the syntax.
        _ => seconds / DAY,
    }
}

/// Returns the time since 1970 at which the part `number` of `window` begins.
pub(super) fn begin(window: Window, number: u64) -> Duration {
    let seconds = match window {
        Window::Minute => number.saturating_mul(MINUTE),
        Window::Hour => number.saturating_mul(HOUR),
        Window::Week => number.saturating_mul(WEEK).saturating_sub(FROM_MONDAY),
        Window::Month => first_day(number).saturating_mul(DAY),
        Window::Sliding(time) => {
            let part = u64::try_from((time / PARTS).as_nanos().max(1)).unwrap_or(u64::MAX);
            return Duration::from_nanos(number.saturating_mul(part));
        }
        _ => number.saturating_mul(DAY),
    };
    Duration::from_secs(seconds)
}

/// Returns the number of parts that count at one moment. The oldest of a sliding window counts until
/// all of it is over.
pub(super) fn counted(window: Window) -> u64 {
    match window {
        Window::Sliding(_) => u64::from(PARTS) + 1,
        _ => 1,
    }
}

/// Returns the time for which the state of a budget is kept: two windows.
pub(super) fn life(window: Window) -> Duration {
    let seconds = match window {
        Window::Minute => MINUTE,
        Window::Hour => HOUR,
        Window::Week => WEEK,
        Window::Month => 31 * DAY,
        Window::Sliding(time) => return time * 3,
        _ => DAY,
    };
    Duration::from_secs(2 * seconds)
}

/// Returns the number of the month of the Gregorian calendar in which the day `days` after the first
/// of 1970 is.
fn month(days: u64) -> u64 {
    // Years that begin in March, in cycles of 400: the leap day is the last day of its year.
    let days = days + 719_468;
    let cycle = days / 146_097;
    let day = days % 146_097;
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    (cycle * 400 + year) * 12 + month_from_march
}

/// Returns the first day of a [`month`], counted from the first of 1970.
fn first_day(month: u64) -> u64 {
    let [year, month_from_march] = [month / 12, month % 12];
    let years = year.saturating_mul(365) + year / 4 - year / 100 + year / 400;
    let days = years.saturating_add((153 * month_from_march + 2) / 5);
    days.saturating_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: u64, seconds: u64) -> Duration {
        Duration::from_secs(days * DAY + seconds)
    }

    #[test]
    fn a_part_of_the_calendar_begins_at_its_midnight() {
        // 2026-11-30 is a Monday, 20,787 days after the first of 1970.
        let monday = 20_787;
        for (window, first) in [(Window::Day, monday), (Window::Week, monday)] {
            let last = number(window, at(first - 1, DAY - 1));
            assert_eq!(number(window, at(first, 0)), last + 1, "{window}");
            assert_eq!(number(window, at(first, DAY - 1)), last + 1, "{window}");
        }
        assert_eq!(
            number(Window::Week, at(monday + 6, DAY - 1)),
            number(Window::Week, at(monday, 0))
        );
        assert_eq!(number(Window::Hour, at(0, HOUR)), 1);
        assert_eq!(number(Window::Minute, at(0, HOUR)), 60);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        // The days of each month from January 1970 on, over a leap year that is divisible by 400.
        let is_leap = |year: u64| {
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
        };
        let mut day = 0;
        let first = month(0);
        for (count, year) in (1970..2110).enumerate() {
            let february = if is_leap(year) { 29 } else { 28 };
            let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (index, length) in lengths.into_iter().enumerate() {
                let expected = first + (count * 12 + index) as u64;
                assert_eq!([month(day), month(day + length - 1)], [expected; 2], "{year} {index}");
                assert_eq!(first_day(expected), day, "{year} {index}");
                day += length;
            }
        }
    }

    #[test]
    fn a_part_ends_where_the_next_one_begins() {
        let sliding = Window::Sliding(Duration::from_secs(3600));
        let windows =
            [Window::Minute, Window::Hour, Window::Day, Window::Week, Window::Month, sliding];
        for window in windows {
            for day in (0..60).map(|n| 20_700 + 11 * n) {
                let now = at(day, 12_345);
                let end = begin(window, number(window, now) + 1);
                let part = number(window, now);
                assert!(end > now, "{window}");
                assert_eq!(number(window, end), part + 1, "{window}");
                assert_eq!(
                    number(window, end.saturating_sub(Duration::from_nanos(1))),
                    part,
                    "{window}"
                );
            }
        }
    }

    #[test]
    fn all_that_is_less_than_a_sliding_window_ago_counts() {
        let hour = Window::Sliding(Duration::from_secs(HOUR));
        for millis in (0..7_200_000).step_by(77_777) {
            let spent = Duration::from_millis(millis);
            let spent_in = number(hour, spent);
            let counts = |at| number(hour, at) < spent_in + counted(hour);
            assert!(counts(spent + Duration::from_secs(HOUR)), "{millis}");
            assert!(!counts(spent + Duration::from_secs(HOUR + 2 * HOUR / 12)), "{millis}");
        }
    }
}
