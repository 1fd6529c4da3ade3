//! What holds for keys of all values, not only of those that we thought of.

use std::collections::BTreeMap;

use cachery_core::key::{CacheKey, Key, KeyEncoder};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// Values as derived types have them: every rule of the encoding, nested.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
    Maybe(Option<Box<Value>>),
    List(Vec<Value>),
    Pair(Box<(Value, Value)>),
    Outcome(Result<Box<Value>, String>),
    Named(BTreeMap<String, Value>),
}

impl CacheKey for Value {
    fn encode(&self, key: &mut KeyEncoder) {
        match self {
            Self::Number(number) => key.arg(&0_u8).arg(number),
            Self::Text(text) => key.arg(&1_u8).arg(text),
            Self::Bytes(bytes) => key.arg(&2_u8).arg(bytes),
            Self::Maybe(value) => key.arg(&3_u8).arg(value),
            Self::List(values) => key.arg(&4_u8).arg(values),
            Self::Pair(values) => key.arg(&5_u8).arg(values),
            Self::Outcome(outcome) => key.arg(&6_u8).arg(outcome),
            Self::Named(values) => key.arg(&7_u8).arg(values),
        };
    }
}

/// From few letters and numbers, so that values which differ only in their structure are common.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0..3_i64).prop_map(Value::Number),
        "[ab\u{0}\u{1}]{0,2}".prop_map(Value::Text),
        vec(0..3_u8, 0..3).prop_map(Value::Bytes),
        "[ab]{0,90}".prop_map(Value::Text),
        Just(Value::Maybe(None)),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|value| Value::Maybe(Some(Box::new(value)))),
            vec(inner.clone(), 0..3).prop_map(Value::List),
            (inner.clone(), inner.clone()).prop_map(|values| Value::Pair(Box::new(values))),
            inner.clone().prop_map(|value| Value::Outcome(Ok(Box::new(value)))),
            "[ab]{0,2}".prop_map(|error| Value::Outcome(Err(error))),
            btree_map("[ab]{0,1}", inner, 0..3).prop_map(Value::Named),
        ]
    })
}

fn key<T: CacheKey + ?Sized>(value: &T) -> Key {
    KeyEncoder::new().arg(value).finish()
}

fn written_in_pieces(pieces: &[Vec<u8>]) -> Key {
    let mut encoder = KeyEncoder::new();
    for piece in pieces {
        encoder.write(piece);
    }
    encoder.finish()
}

proptest! {
    #[test]
    fn keys_are_equal_exactly_when_values_are(values in vec(value(), 2..40)) {
        for (index, one) in values.iter().enumerate() {
            for other in &values[index..] {
                prop_assert_eq!(key(one) == key(other), one == other, "{:?} and {:?}", one, other);
            }
        }
    }

    #[test]
    fn where_a_sequence_is_cut_counts(values in vec(value(), 0..5), one in 0..5_usize, other in 0..5_usize) {
        let cut = |at: usize| {
            let (left, right) = values.split_at(at.min(values.len()));
            key(&(left, right))
        };
        let same = one.min(values.len()) == other.min(values.len());
        prop_assert_eq!(cut(one) == cut(other), same);
    }

    #[test]
    fn no_encoding_begins_another(one in value(), other in value()) {
        let (a, b) = (key(&one), key(&other));
        if one != other && !a.is_digest() && !b.is_digest() {
            prop_assert!(!a.as_bytes().starts_with(b.as_bytes()), "{:?} and {:?}", one, other);
        }
    }

    #[test]
    fn long_keys_are_the_digest_of_the_whole_stream(pieces in vec(vec(any::<u8>(), 0..200), 0..12)) {
        let whole = pieces.concat();
        let key = written_in_pieces(&pieces);
        prop_assert_eq!(key.is_digest(), whole.len() > 128);
        if key.is_digest() {
            prop_assert_eq!(key.as_bytes(), blake3::hash(&whole).as_bytes().to_vec());
        } else {
            prop_assert_eq!(key.as_bytes(), whole);
        }
    }

    #[test]
    fn bytes_at_once_are_bytes_one_by_one(bytes in vec(any::<u8>(), 0..300)) {
        let mut one_by_one = KeyEncoder::new();
        one_by_one.write_len(bytes.len());
        for byte in &bytes {
            one_by_one.arg(byte);
        }
        prop_assert_eq!(key(&bytes), one_by_one.finish());
    }
}
