//! Sizes: what is read, what is refused and how it is said, and that writing and reading agree.

use cachery_syntax::{format_size, parse_size};
use proptest::prelude::*;

#[test]
fn bytes_and_units_are_read() {
    for (text, bytes) in [
        ("1", 1),
        ("1048576", 1 << 20),
        ("007", 7),
        ("8KiB", 8 << 10),
        ("64MiB", 64 << 20),
        ("2GiB", 2 << 30),
        ("500kB", 500_000),
        ("64MB", 64_000_000),
        ("2GB", 2_000_000_000),
        ("18446744073709551615", u64::MAX),
        ("17179869183GiB", u64::MAX >> 30 << 30),
    ] {
        assert_eq!(parse_size(text), Ok(bytes), "{text}");
    }
}

#[test]
fn refusals_name_the_part_and_the_way_out() {
    let units = "use KiB, MiB, GiB, kB, MB or GB";
    let empty = r#"the size is empty: write bytes ("65536") or a number with a unit ("64KiB")"#;
    for (text, expected) in [
        ("", empty.to_owned()),
        ("  ", empty.to_owned()),
        ("64M", format!("unknown unit `M`: {units}")),
        ("64mb", format!("unknown unit `mb`: {units}")),
        ("64KB", format!("unknown unit `KB`: {units}")),
        ("8 megabytes", format!("unknown unit `megabytes`: {units}")),
        ("1MiB512KiB", format!("unknown unit `MiB512KiB`: {units}")),
        ("1_000", format!("unknown unit `_000`: {units}")),
        ("1.5MiB", r#""1.5MiB" has a fraction: write "1536KiB""#.to_owned()),
        ("1,5MiB", r#""1,5MiB" has a fraction: write "1536KiB""#.to_owned()),
        ("0.5kB", r#""0.5kB" has a fraction: write "500""#.to_owned()),
        ("0.1", r#""0.1" has a fraction: write "1""#.to_owned()),
        ("1.5mb", format!("unknown unit `mb`: {units}")),
        ("64 MiB", r#""64 MiB" has spaces: write "64MiB""#.to_owned()),
        ("-1MiB", r#""-1MiB" is negative: a size is at least one byte"#.to_owned()),
        ("0", r#""0" is zero: a size is at least one byte"#.to_owned()),
        ("0GiB", r#""0GiB" is zero: a size is at least one byte"#.to_owned()),
        (
            "big",
            r#""big" is not a size: write bytes ("65536") or a number with a unit ("64KiB")"#
                .to_owned(),
        ),
        (
            "17179869184GiB",
            r#""17179869184GiB" is too large: the largest size is 17179869183GiB"#.to_owned(),
        ),
    ] {
        assert_eq!(parse_size(text).map_err(|error| error.to_string()), Err(expected), "{text}");
    }
}

#[test]
fn overflow_is_too_large_not_a_panic() {
    for text in ["18446744073709551616", "99999999999999999999999GiB"] {
        let said = parse_size(text).unwrap_err().to_string();
        assert!(said.contains("too large"), "{text}: {said}");
    }
}

proptest! {
    #[test]
    fn written_sizes_read_back(size in 1..=u64::MAX, shift in 0..64_u32) {
        let size = (size >> shift).max(1);
        prop_assert_eq!(parse_size(&format_size(size)), Ok(size));
        let round = size.checked_shl(shift).unwrap_or(size).max(1);
        prop_assert_eq!(parse_size(&format_size(round)), Ok(round));
    }

    #[test]
    fn hostile_text_never_panics(text in any::<String>(), like in "[-+0-9.,_ kKMGiB°]{0,40}") {
        let _ = parse_size(&text);
        if let Ok(size) = parse_size(&like) {
            prop_assert!(size > 0);
        }
    }

    #[test]
    fn a_suggestion_is_accepted(text in "[0-9]{1,4}[.,][0-9]{1,4}(KiB|MiB|GiB|kB|MB|GB)?") {
        let said = parse_size(&text).unwrap_err().to_string();
        let suggestion = said.rsplit('"').nth(1).unwrap_or_default();
        prop_assert!(parse_size(suggestion).is_ok(), "{}", said);
    }
}
