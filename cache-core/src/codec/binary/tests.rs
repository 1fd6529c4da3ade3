//! Serde's whole data model, without types: what is written is read, and what is not written is
//! refused.

mod data;
mod hostile;

use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use self::data::{Data, data};
use super::{Bounds, Error, read, read::read_seed, write};

const BOUNDS: Bounds = Bounds { depth: 32, size: 1 << 20 };

/// Reads `bytes` with the types of `shape`.
fn read_as(shape: &Data, bytes: &[u8]) -> Result<Data, Error> {
    read_seed(shape, bytes, BOUNDS.depth).map(|read| read.value)
}

fn written<V: Serialize>(value: &V) -> Vec<u8> {
    write(value, BOUNDS).expect("it is within the bounds")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn all_that_serde_can_say_is_read_as_it_was_written(data in data()) {
        prop_assert_eq!(read_as(&data, &written(&data)), Ok(data));
    }

    #[test]
    fn whatever_is_not_asked_for_is_passed_over(data in data()) {
        prop_assert!(read::<IgnoredAny>(&written(&data), BOUNDS.depth).is_ok());
        let pair = written(&(data, "behind"));
        let behind = read::<(IgnoredAny, String)>(&pair, BOUNDS.depth).map(|read| read.value.1);
        prop_assert_eq!(behind, Ok("behind".to_owned()));
    }

    #[test]
    fn cut_or_prolonged_bytes_are_refused(data in data(), cut in any::<proptest::sample::Index>()) {
        let mut bytes = written(&data);
        prop_assert!(read_as(&data, &bytes[..cut.index(bytes.len())]).is_err());
        bytes.push(0);
        prop_assert!(read_as(&data, &bytes).is_err());
        prop_assert!(read::<IgnoredAny>(&bytes, BOUNDS.depth).is_err());
    }

    #[test]
    fn the_same_value_is_the_same_but_for_order(data in data()) {
        let bytes = written(&data);
        prop_assert!(super::same_but_for_order(&bytes, &bytes, BOUNDS.depth));
    }
}

#[test]
fn order_counts_in_tuples_and_not_in_maps_and_sequences() {
    let same = |left: &[u8], right: &[u8]| super::same_but_for_order(left, right, BOUNDS.depth);
    assert!(same(&written(&vec!["a", "b"]), &written(&vec!["b", "a"])));
    assert!(same(&written(&vec![1_u8, 2]), &written(&vec![2_u8, 1])));
    assert!(same(&written(&vec![7_u8; 300]), &written(&vec![7_u8; 300])));
    assert!(!same(&written(&("a", "b")), &written(&("b", "a"))));
    assert!(!same(&written(&[1_u8, 2]), &written(&[2_u8, 1])));
    assert!(!same(&written(&vec!["a", "a"]), &written(&vec!["a", "b"])));
    let map = |pairs: &[(u8, Vec<&str>)]| Data::map_of(pairs);
    assert!(same(
        &written(&map(&[(1, vec!["x", "y"]), (2, vec![])])),
        &written(&map(&[(2, vec![]), (1, vec!["y", "x"])]))
    ));
    assert!(!same(
        &written(&map(&[(1, vec!["x"]), (2, vec![])])),
        &written(&map(&[(2, vec!["x"]), (1, vec![])]))
    ));
}

/// A sequence that announces another length than it has.
struct Announced(Option<usize>, u32);

impl Serialize for Announced {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut seq = serializer.serialize_seq(self.0)?;
        (0..self.1).try_for_each(|number| seq.serialize_element(&number))?;
        seq.end()
    }
}

#[test]
fn a_wrong_or_missing_length_is_corrected() {
    for announced in [None, Some(0), Some(3), Some(255), Some(256), Some(1000)] {
        for real in [0, 3, 255, 256, 1000] {
            let bytes = written(&(Announced(announced, real), "behind"));
            let numbers: Vec<u32> = (0..real).collect();
            let read = read::<(Vec<u32>, String)>(&bytes, 32).map(|read| read.value);
            assert_eq!(read, Ok((numbers, "behind".to_owned())), "{announced:?} for {real}");
        }
    }
}

#[test]
fn a_sequence_of_bytes_may_turn_into_something_else_at_any_place() {
    for bytes in [0, 1, 2, 300] {
        let mut parts = vec![Data::U8(7); bytes];
        parts.extend([
            Data::Str("not a byte".to_owned()),
            Data::U8(8),
            Data::Seq(vec![Data::U8(9)]),
        ]);
        let data = Data::Seq(parts);
        assert_eq!(read_as(&data, &written(&data)), Ok(data));
    }
}

#[test]
fn bytes_and_sequences_of_bytes_take_their_length() {
    for length in [0, 1, 255, 256, 100_000] {
        let header = if length < 256 { 2 } else { 5 };
        assert_eq!(written(&vec![0xff_u8; length]).len(), length + header);
        assert_eq!(written(&Data::Bytes(vec![0xff; length])).len(), length + header);
    }
    assert_eq!(written(&[0xff_u8; 32]).len(), 34);
}

#[test]
fn a_value_at_the_bounds_is_written_and_one_beyond_is_not() {
    let nested = |levels| (0..levels).fold(Data::Unit, |inside, _| Data::Some(Box::new(inside)));
    let bytes = written(&nested(32));
    assert!(read_as(&nested(32), &bytes).is_ok());
    assert_eq!(write(&nested(33), BOUNDS), Err(Error::TooDeep));
    assert_eq!(read::<Option<Option<()>>>(&bytes, 1).map(|read| read.value), Err(Error::TooDeep));

    let size = |size| Bounds { depth: 32, size };
    assert!(write(&vec![1_u8; 100], size(102)).is_ok());
    assert_eq!(write(&vec![1_u8; 100], size(101)), Err(Error::TooLarge));
    assert_eq!(write("text", size(4)), Err(Error::TooLarge));
    assert_eq!(write(&Announced(None, 100_000), size(1000)), Err(Error::TooLarge));
}

/// A `Serialize` by hand that goes on after an error.
struct Stubborn;

impl Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        struct Refusing;
        impl Serialize for Refusing {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("never"))
            }
        }
        let mut tuple = serializer.serialize_tuple(1)?;
        assert!(tuple.serialize_element(&Refusing).is_err(), "it refuses");
        tuple.end()
    }
}

#[test]
fn half_a_value_is_not_written_even_if_its_type_drops_the_error() {
    assert_eq!(write(&Stubborn, BOUNDS), Err(Error::Refused));
}

/// A `Deserialize` by hand that says in its own words what went wrong.
#[derive(Debug)]
struct Rewording;

impl<'de> Deserialize<'de> for Rewording {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Option::<Option<()>>::deserialize(deserializer);
        read.map(|_| Self).map_err(|_| serde::de::Error::custom("something"))
    }
}

#[test]
fn a_value_is_too_deep_even_if_its_type_says_otherwise() {
    let bytes = written(&Some(Some(())));
    assert!(read::<Rewording>(&bytes, 2).is_ok());
    assert_eq!(read::<Rewording>(&bytes, 1).map(|_| ()), Err(Error::TooDeep));
    assert_eq!(read::<Rewording>(&[0x0f], 2).map(|_| ()), Err(Error::Refused));
}
