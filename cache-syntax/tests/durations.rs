//! Durations: what is read, what is refused and how it is said, and that writing and reading agree.

use std::time::Duration;

use cachery_syntax::{MAX_DURATION, Ttl, format_duration, parse_duration};
use proptest::prelude::*;

#[test]
fn seconds_and_units_are_read() {
    for (text, millis) in [
        ("1", 1_000),
        ("3600", 3_600_000),
        ("007", 7_000),
        ("500ms", 500),
        ("90s", 90_000),
        ("90m", 5_400_000),
        ("1h30m", 5_400_000),
        ("1d", 86_400_000),
        ("2w", 1_209_600_000),
        ("1w2d3h4m5s6ms", 788_645_006),
        ("0h5m", 300_000),
        ("36500d", 3_153_600_000_000),
    ] {
        assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
    }
}

#[test]
fn refusals_name_the_part_and_the_way_out() {
    let units = "use ms, s, m, h, d or w, for example \"10m\"";
    for (text, expected) in [
        (
            "",
            r#"the duration is empty: write seconds ("90") or numbers with units ("1h30m")"#
                .to_owned(),
        ),
        (
            "  ",
            r#"the duration is empty: write seconds ("90") or numbers with units ("1h30m")"#
                .to_owned(),
        ),
        ("10min", format!("unknown unit `min`: {units}")),
        ("10 minutes", format!("unknown unit `minutes`: {units}")),
        ("1H", format!("unknown unit `H`: {units}")),
        ("5us", format!("unknown unit `us`: {units}")),
        ("1_000s", format!("unknown unit `_`: {units}")),
        ("1h,30m", format!("unknown unit `h,`: {units}")),
        ("1h30", "the number `30` has no unit: add ms, s, m, h, d or w".to_owned()),
        ("1.5h", r#""1.5h" has a fraction: write "1h30m""#.to_owned()),
        ("1,5h", r#""1,5h" has a fraction: write "1h30m""#.to_owned()),
        ("1h0.5m10s", r#""0.5m" has a fraction: write "30s""#.to_owned()),
        ("2.5", r#""2.5" has a fraction: write "2s500ms""#.to_owned()),
        ("0.1ms", r#""0.1ms" has a fraction: write "1ms""#.to_owned()),
        ("1.5min", format!("unknown unit `min`: {units}")),
        ("1h 30m", r#""1h 30m" has spaces: write "1h30m""#.to_owned()),
        (" 90 ", r#"" 90 " has spaces: write "90""#.to_owned()),
        ("-1h", r#""-1h" is negative: a duration is longer than zero"#.to_owned()),
        ("0", r#""0" is zero: a duration is longer than zero"#.to_owned()),
        ("0h0m", r#""0h0m" is zero: a duration is longer than zero"#.to_owned()),
        ("30m1h", r#"`h` after `m`: write units from large to small, as in "1h30m""#.to_owned()),
        ("1h1h", "the unit `h` is given twice: write it once".to_owned()),
        (
            "soon",
            r#""soon" is not a duration: write seconds ("90") or numbers with units ("1h30m")"#
                .to_owned(),
        ),
        ("36501d", r#""36501d" is too long: the longest duration is 36500d"#.to_owned()),
    ] {
        assert_eq!(
            parse_duration(text).map_err(|error| error.to_string()),
            Err(expected),
            "{text}"
        );
    }
}

#[test]
fn overflow_is_too_long_not_a_panic() {
    for text in ["18446744073709551615", "99999999999999999999w", "30500568905w30500568905d"] {
        let said = parse_duration(text).unwrap_err().to_string();
        assert!(said.contains("too long"), "{text}: {said}");
    }
}

#[test]
fn the_longest_duration_is_the_one_the_message_names() {
    assert_eq!(parse_duration("36500d"), Ok(MAX_DURATION));
    assert_eq!(format_duration(MAX_DURATION), "36500d");
}

#[test]
fn a_ttl_may_be_forever_and_a_duration_may_not() {
    assert_eq!("forever".parse(), Ok(Ttl::Forever));
    assert_eq!("1h30m".parse(), Ok(Ttl::For(Duration::from_secs(5400))));
    assert_eq!(Ttl::Forever.to_string(), "forever");
    assert_eq!(Ttl::For(Duration::from_secs(90)).to_string(), "1m30s");
    assert!(parse_duration("forever").is_err());
}

#[test]
fn only_a_ttl_is_told_that_it_may_be_forever() {
    for text in ["soon", "36501d"] {
        let (duration, ttl) = (parse_duration(text).unwrap_err(), text.parse::<Ttl>().unwrap_err());
        assert_eq!(ttl.to_string(), format!(r#"{duration}; a ttl may also be "forever""#));
    }
    assert_eq!(
        "0".parse::<Ttl>().unwrap_err().to_string(),
        parse_duration("0").unwrap_err().to_string()
    );
}

#[test]
fn extreme_durations_are_written() {
    assert_eq!(format_duration(Duration::ZERO), "0s");
    assert_eq!(format_duration(Duration::from_nanos(1)), "1ms");
    assert_eq!(format_duration(Duration::from_micros(1_500)), "2ms");
    assert_eq!(format_duration(Duration::MAX), "213503982334601d7h16s");
}

proptest! {
    #[test]
    fn written_durations_read_back(millis in 1..=3_153_600_000_000_u64) {
        let duration = Duration::from_millis(millis);
        prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
    }

    #[test]
    fn hostile_text_never_panics(text in any::<String>(), like in "[-+0-9.,_ a-zé°]{0,40}") {
        let _ = parse_duration(&text);
        if let Ok(duration) = parse_duration(&like) {
            prop_assert!(duration > Duration::ZERO && duration <= MAX_DURATION);
        }
    }

    #[test]
    fn a_suggestion_is_accepted(text in "[0-9]{1,4}[.,][0-9]{1,4}(ms|s|m|h|d|w)?") {
        let said = parse_duration(&text).unwrap_err().to_string();
        let suggestion = said.rsplit('"').nth(1).unwrap_or_default();
        prop_assert!(parse_duration(suggestion).is_ok(), "{}", said);
    }
}
