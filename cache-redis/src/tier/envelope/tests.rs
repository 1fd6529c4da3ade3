//! Tests of the frozen bytes around a stored value.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

const KEY: &[u8] =
    b"shop:sentiment:da28d4c4311462a3:{0000000000000000000000000000000000000000000000000000000000000000}";
const STATE: State = State(
    *b"\xf0\xe1\xd2\xc3\xb4\xa5\x96\x87\x78\x69\x5a\x4b\x3c\x2d\x1e\x0f\
       \x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
);
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sentiment {
    label: String,
    score: f64,
}

fn sentiment() -> Sentiment {
    Sentiment { label: "positive".into(), score: 0.875 }
}

fn outgoing(codec: Codec, payload: Vec<u8>) -> Outgoing {
    Outgoing {
        payload,
        codec,
        lifetimes: Lifetimes { fresh: Some(HOUR / 2), stale: Some(HOUR), usable: Some(HOUR * 2) },
        written: UNIX_EPOCH + Duration::from_millis(1_795_262_400_123),
        spent: Spent { micros: 45_678, nanos: 30_000_000 },
        tags: Vec::new(),
    }
}

fn sealed() -> Vec<u8> {
    seal(KEY, STATE, &outgoing(Codec::Binary, b"payload".to_vec()), &[]).unwrap()
}

/// The tags of a value.
fn tags() -> Vec<StoredTag> {
    let tag = |name: &'static str, number| {
        let key = TagKey::of(name, Digest([number; 32]));
        StoredTag { key, generation: [number + 1; 16], stamp: None }
    };
    vec![tag("tenant", 0x10), tag("text", 0x20)]
}

/// The value of [`sealed`] with tags.
fn tagged() -> Vec<u8> {
    seal(KEY, STATE, &outgoing(Codec::Binary, b"payload".to_vec()), &tags()).unwrap()
}

/// What [`sealed`] is after `change`, with a checksum that fits.
fn forged(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    forged_from(sealed(), change)
}

fn forged_from(mut bytes: Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    change(&mut bytes);
    let sum = checksum(KEY, &bytes[..CHECKSUM], &[&bytes[PAYLOAD..], &[]]);
    bytes[CHECKSUM..PAYLOAD].copy_from_slice(&sum);
    bytes
}

fn refusal(bytes: Vec<u8>, pttl: Pttl) -> Option<Corruption> {
    open(KEY, bytes, pttl).err()
}

fn for_ever() -> Vec<u8> {
    let value =
        Outgoing { lifetimes: Lifetimes::fresh(None), ..outgoing(Codec::Json, b"1".to_vec()) };
    seal(KEY, STATE, &value, &[]).unwrap()
}

#[test]
fn what_was_sealed_is_opened_without_a_copy() {
    let bytes = sealed();
    let at = bytes.as_ptr();
    let (state, value) = open(KEY, bytes, Pttl::In(HOUR)).ok().unwrap();
    assert_eq!(state, STATE);
    assert_eq!((value.payload(), value.bytes.as_ptr()), (&b"payload"[..], at));
    assert_eq!(value.lifetimes, outgoing(Codec::Binary, Vec::new()).lifetimes);
    assert_eq!(value.written, UNIX_EPOCH + Duration::from_millis(1_795_262_400_123));
    assert_eq!(value.spent, Spent { micros: 45_678, nanos: 30_000_000 });
}

#[test]
fn the_tags_of_a_value_come_back_and_their_bytes_are_frozen() {
    let (state, value) = open(KEY, tagged(), Pttl::In(HOUR)).ok().unwrap();
    assert_eq!((state, value.payload(), &value.tags), (STATE, &b"payload"[..], &tags()));
    let record = "01006c0674656e616e74";
    let [ten, eleven, twenty, twenty_one] =
        [("10", 32), ("11", 16), ("20", 32), ("21", 16)].map(|(byte, count)| byte.repeat(count));
    let frozen = format!("{record}{ten}{eleven}0474657874{twenty}{twenty_one}7061796c6f6164");
    assert_eq!(
        tagged()[PAYLOAD..],
        golden(&frozen),
        "deployed values would be lost: no value's bytes may ever change"
    );
    assert_eq!(tagged()[6..8], 111_u16.to_be_bytes());
}

#[test]
fn the_tags_that_a_value_says_itself_come_back_and_their_bytes_are_frozen() {
    let said = StoredTag {
        key: TagKey::of("author", Digest([0x30; 32])).over_result(),
        generation: [0x31; 16],
        stamp: Some([0x32; 16]),
    };
    let all = [tags(), vec![said]].concat();
    let sealed = |tags: &[StoredTag]| {
        seal(KEY, STATE, &outgoing(Codec::Binary, b"payload".to_vec()), tags).unwrap()
    };
    for tags in [&all[..], &all[2..]] {
        let (_, value) = open(KEY, sealed(tags), Pttl::In(HOUR)).ok().unwrap();
        assert_eq!((&value.tags[..], value.payload()), (tags, &b"payload"[..]));
    }
    let [thirty, thirty_one, thirty_two] =
        [("30", 32), ("31", 16), ("32", 16)].map(|(byte, count)| byte.repeat(count));
    let frozen = format!("02004706617574686f72{thirty}{thirty_one}{thirty_two}7061796c6f6164");
    assert_eq!(
        sealed(&all[2..])[PAYLOAD..],
        golden(&frozen),
        "deployed values would be lost: no value's bytes may ever change"
    );
}

#[test]
fn damaged_records_are_refused() {
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        refusal(forged_from(tagged(), |bytes| change(bytes)), Pttl::In(HOUR))
    };
    assert_eq!(refused(&|_| ()), None);
    assert_eq!(refused(&|bytes| bytes[PAYLOAD] = 3), Some(Corruption::UnknownRecord));
    assert_eq!(refused(&|bytes| bytes[PAYLOAD + 3] = 200), Some(Corruption::CutShort));
    assert_eq!(refused(&|bytes| bytes[PAYLOAD + 4] = 0xff), Some(Corruption::UnknownRecord));
    assert_eq!(refused(&|bytes| bytes[7] += 100), Some(Corruption::CutShort));
    assert!(refused(&|bytes| bytes[7] -= 1).is_some());
    for at in 0..tagged().len() * 8 {
        let mut bytes = tagged();
        bytes[at / 8] ^= 1 << (at % 8);
        assert!(refusal(bytes, Pttl::In(HOUR)).is_some(), "bit {at}");
    }
}

#[test]
fn a_script_finds_the_state_at_its_place() {
    // Lua: string.sub(value, 9, 40).
    assert_eq!(sealed()[8..40], STATE.0);
}

#[test]
fn a_values_age_is_its_lifetime_without_what_redis_leaves_it() {
    let age = |pttl| open(KEY, sealed(), pttl).ok().unwrap().1.age;
    assert_eq!(age(Pttl::In(HOUR * 2)), Duration::ZERO);
    assert_eq!(age(Pttl::In(Duration::from_millis(7_199_999))), Duration::from_millis(1));
    assert_eq!(age(Pttl::In(Duration::ZERO)), HOUR * 2);
    assert_eq!(age(Pttl::In(HOUR * 3)), Duration::ZERO);
}

#[test]
fn a_value_whose_expiry_was_taken_away_is_refused() {
    assert_eq!(refusal(sealed(), Pttl::Never), Some(Corruption::NoExpiry));
    assert_eq!(refusal(for_ever(), Pttl::In(HOUR)), Some(Corruption::UnexpectedExpiry));
    assert_eq!(refusal(sealed(), Pttl::Gone), Some(Corruption::Gone));
}

#[test]
fn for_ever_has_no_age() {
    let (_, value) = open(KEY, for_ever(), Pttl::Never).ok().unwrap();
    assert_eq!((value.age, value.lifetimes), (Duration::ZERO, Lifetimes::fresh(None)));
}

#[test]
fn pttl_is_read_as_redis_answers_it() {
    assert_eq!(
        [-2, -1, 0, 7].map(Pttl::from),
        [Pttl::Gone, Pttl::Never, Pttl::In(Duration::ZERO), Pttl::In(Duration::from_millis(7)),]
    );
}

#[test]
fn a_value_copied_under_another_key_is_refused() {
    assert_eq!(open(b"another", sealed(), Pttl::In(HOUR)).err(), Some(Corruption::Damaged));
}

#[test]
fn each_refusal_says_why() {
    let refused = |bytes| refusal(bytes, Pttl::In(HOUR));
    assert_eq!(refused(b"{\"label\":\"positive\"}".to_vec()), Some(Corruption::NotOurs));
    assert_eq!(refused(Vec::new()), Some(Corruption::NotOurs));
    assert_eq!(refused(MAGIC.to_vec()), Some(Corruption::CutShort));
    assert_eq!(refused(sealed()[..PAYLOAD - 1].to_vec()), Some(Corruption::CutShort));
    assert_eq!(refused(forged(|bytes| bytes[4] = 1)), Some(Corruption::OtherFormat));
    assert_eq!(refused(forged(|bytes| bytes[5] = 0)), Some(Corruption::UnknownCodec));
    assert_eq!(refused(forged(|bytes| bytes[5] = 5)), Some(Corruption::UnknownCodec));
    assert_eq!(refused(forged(|bytes| bytes[7] = 8)), Some(Corruption::CutShort));
    assert_eq!(refused(forged(|bytes| bytes[7] = 7)), Some(Corruption::UnknownRecord));
    assert_eq!(refused(forged(|bytes| bytes[40] = 1)), Some(Corruption::ImpossibleLifetimes));
    assert_eq!(refused(sealed()[..PAYLOAD].to_vec()), Some(Corruption::Damaged));
}

#[test]
fn every_flipped_bit_is_refused() {
    for at in 0..sealed().len() * 8 {
        let mut bytes = sealed();
        bytes[at / 8] ^= 1 << (at % 8);
        assert!(refusal(bytes, Pttl::In(HOUR)).is_some(), "bit {at}");
    }
}

#[test]
fn every_truncation_is_refused() {
    for length in 0..sealed().len() {
        assert!(refusal(sealed()[..length].to_vec(), Pttl::In(HOUR)).is_some(), "{length} bytes");
    }
}

proptest! {
    #[test]
    fn no_bytes_are_too_strange(
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        ours in 0..3,
        key in any::<[u8; 4]>(),
        pttl in any::<i64>(),
    ) {
        if ours > 0 && bytes.len() >= PAYLOAD {
            bytes[..8].copy_from_slice(&[0xCA, b'c', b'h', b'y', 2, 3, 0, 0]);
        }
        if ours > 1 && bytes.len() >= PAYLOAD {
            let sum = checksum(&key, &bytes[..CHECKSUM], &[&bytes[PAYLOAD..], &[]]);
            bytes[CHECKSUM..PAYLOAD].copy_from_slice(&sum);
        }
        let _ = open(&key, bytes, pttl.into());
    }

    #[test]
    fn any_value_comes_back(
        key in prop::collection::vec(any::<u8>(), 0..100),
        state in any::<[u8; 32]>(),
        payload in prop::collection::vec(any::<u8>(), 0..300),
        mut lives in any::<[Option<u32>; 3]>(),
        written in any::<u32>(),
    ) {
        lives.sort_by_key(|life| life.map_or(u64::MAX, u64::from));
        let [fresh, stale, usable] = lives.map(|life| life.map(|ms| Duration::from_millis(ms.into())));
        let mut value = outgoing(Codec::Json, payload.clone());
        value.lifetimes = Lifetimes { fresh, stale, usable };
        value.written = UNIX_EPOCH + Duration::from_millis(written.into());
        let pttl = usable.map_or(Pttl::Never, Pttl::In);
        let sealed = seal(&key, State(state), &value, &[]).unwrap();
        let (seen, opened) = open(&key, sealed, pttl).ok().unwrap();
        prop_assert_eq!(seen, State(state));
        prop_assert_eq!(opened.payload(), payload);
        prop_assert_eq!(opened.lifetimes, value.lifetimes);
        prop_assert_eq!((opened.written, opened.age), (value.written, Duration::ZERO));
    }
}

/// Reads a golden file: hexadecimal digits, and after each `#` what they are.
fn golden(text: &str) -> Vec<u8> {
    let digits: String =
        text.lines().filter_map(|line| line.split('#').next()).map(str::trim).collect();
    let pairs = digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

#[track_caller]
fn frozen(text: &str, codec: Codec, payload: Vec<u8>, decode: fn(&[u8]) -> Sentiment) {
    let lost =
        "deployed values would be lost: the format is frozen, a new one needs a new format number";
    let golden = golden(text);
    assert_eq!(seal(KEY, STATE, &outgoing(codec, payload), &[]), Some(golden.clone()), "{lost}");
    let opened =
        open(KEY, golden, Pttl::In(HOUR)).map(|(_, value)| (value.codec, decode(value.payload())));
    assert_eq!(opened, Ok((codec, sentiment())), "{lost}");
}

#[test]
fn a_value_in_the_binary_format_is_frozen() {
    let payload = Codec::Binary.encode(&sentiment(), None, u64::MAX).unwrap();
    let decode = |payload: &[u8]| Codec::Binary.decode(payload).unwrap();
    frozen(include_str!("../../../tests/golden/binary.hex"), Codec::Binary, payload, decode);
}

#[test]
fn a_value_in_json_is_frozen() {
    let payload = Codec::Json.encode(&sentiment(), None, u64::MAX).unwrap();
    let decode = |payload: &[u8]| Codec::Json.decode(payload).unwrap();
    frozen(include_str!("../../../tests/golden/json.hex"), Codec::Json, payload, decode);
}

/// The codecs of the first versions mixed up what the new ones tell apart, and format 1 named no
/// state of the key.
#[test]
fn values_of_earlier_formats_are_refused() {
    for text in [
        include_str!("../../../tests/golden/refused_messagepack.hex"),
        include_str!("../../../tests/golden/refused_json.hex"),
        include_str!("../../../tests/golden/refused_format_1.hex"),
    ] {
        let opened = open(KEY, golden(text), Pttl::In(HOUR));
        assert_eq!(opened.err(), Some(Corruption::OtherFormat));
    }
}

#[test]
fn the_codecs_of_the_first_versions_are_refused_in_each_format() {
    for code in [1, 2] {
        let forged = forged(|bytes| bytes[5] = code);
        assert_eq!(refusal(forged, Pttl::In(HOUR)), Some(Corruption::UnknownCodec));
    }
}

#[test]
fn the_page_names_the_places_of_the_checksum_and_of_the_payload() {
    let page = include_str!("../../../../docs/redis.md");
    for line in [
        format!("a header of {PAYLOAD} bytes"),
        format!("| {CHECKSUM} | 8 | checksum |"),
        format!("| {PAYLOAD} | | records, then the payload |"),
        format!("the {CHECKSUM} bytes before the checksum"),
        format!("GETRANGE \"$key\" {PAYLOAD} -1"),
    ] {
        assert!(page.contains(&line), "{line}");
    }
}
