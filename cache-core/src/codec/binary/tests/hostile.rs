//! Bytes that the writer never wrote: refused or read, without a panic, an overflow or more memory
//! than they are worth.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::{collection::vec, prelude::*};
use serde::{Deserialize, de::IgnoredAny};

use super::{BOUNDS, data::data, read, read_as, written};
use crate::codec::binary::tag::{MAP, SEQ, SOME, STR, VARIANT, WIDE};

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only read")]
struct Order {
    id: u64,
    lines: Vec<Line>,
    by_name: HashMap<String, f64>,
    set: HashSet<u32>,
    #[serde(flatten)]
    more: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only read")]
enum Line {
    Text(String),
    Bytes(Vec<u8>),
    Both { text: Option<String>, rest: Box<Line> },
    Tagged(Tagged),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
#[expect(dead_code, clippy::option_option, reason = "only read")]
enum Tagged {
    Empty,
    Full { number: i128, option: Option<Option<char>> },
}

/// Holds itself without a sequence, a map or a variant between.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only read")]
struct Endless(Option<Box<Endless>>);

/// Reads `bytes` as all sorts of types. It is enough that this returns.
fn read_in_all_ways(bytes: &[u8]) {
    let _ = read::<IgnoredAny>(bytes, BOUNDS.depth);
    let _ = read::<serde_json::Value>(bytes, BOUNDS.depth);
    let _ = read::<Order>(bytes, BOUNDS.depth);
    let _ = read::<Vec<Line>>(bytes, BOUNDS.depth);
    let _ = read::<Tagged>(bytes, BOUNDS.depth);
    let _ = read::<Endless>(bytes, BOUNDS.depth);
    let _ = read::<Result<(u8, String), Vec<u8>>>(bytes, BOUNDS.depth);
    let _ = super::super::same_but_for_order(bytes, bytes, BOUNDS.depth);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        read_in_all_ways(&bytes);
    }

    #[test]
    fn bytes_of_a_tag_and_little_more_are_read_or_refused(bytes in vec(0..0x70_u8, 0..60)) {
        read_in_all_ways(&bytes);
    }

    #[test]
    fn changed_bytes_are_read_or_refused(
        data in data(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = written(&data);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read_as(&data, &bytes);
        read_in_all_ways(&bytes);
    }
}

#[test]
fn a_claimed_length_allocates_nothing() {
    for tag in [SEQ, MAP, STR, SEQ | 4] {
        let bytes = [&[tag | WIDE], &u32::MAX.to_le_bytes()[..], &[0; 16]].concat();
        assert!(read::<Vec<u64>>(&bytes, 32).is_err());
        assert!(read::<HashMap<u64, u64>>(&bytes, 32).is_err());
        assert!(read::<String>(&bytes, 32).is_err());
        read_in_all_ways(&bytes);
    }
}

#[test]
fn bytes_that_nest_without_end_are_refused() {
    for head in [vec![SOME], vec![SEQ, 1], vec![MAP, 1, 0x80], vec![VARIANT, 0x80]] {
        let bytes = head.repeat(100_000);
        assert!(read::<Endless>(&bytes, 250).is_err());
        read_in_all_ways(&bytes);
    }
    // What is passed over is no deeper for it.
    let mut bytes = vec![SOME; 100_000];
    bytes.push(0);
    assert!(read::<IgnoredAny>(&bytes, 1).is_ok());
}
