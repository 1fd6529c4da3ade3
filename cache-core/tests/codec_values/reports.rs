//! Values that users of other frameworks reported, each as a test: it comes back, or it is not
//! stored and the reason is told.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::{IpAddr, SocketAddr},
};

use cachery_core::{Codec, codec::Unstorable};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{SeqAccess, Visitor},
    ser::SerializeTuple,
};
use serde_json::value::RawValue;

use super::{comes_back, only_binary, stored, stored_if_equal};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged<T> {
    One(T),
    Field { field: T },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged<T> {
    Struct { field: T },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Outer<T> {
    id: u64,
    #[serde(flatten)]
    inner: Inner<T>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Inner<T> {
    field: T,
}

/// The value in each place that serde reads through its buffer.
fn buffered<T: Clone>(value: T) -> (Untagged<T>, Untagged<T>, Tagged<T>, Outer<T>) {
    let field = value.clone();
    (
        Untagged::One(value.clone()),
        Untagged::Field { field: value.clone() },
        Tagged::Struct { field: value },
        Outer { id: 1, inner: Inner { field } },
    )
}

#[test]
fn some_none_is_not_none() {
    only_binary(&Some(None::<u8>), Unstorable::NotEqual);
    comes_back(&None::<Option<u8>>);
    comes_back(&Some(Some(1_u8)));
    only_binary(&vec![Some(Some(None::<String>)), Some(None), None], Unstorable::NotEqual);
}

#[test]
fn an_optional_unit_is_kept() {
    only_binary(&Some(()), Unstorable::NotEqual);
    comes_back(&None::<()>);
    only_binary(&buffered(Some(())), Unstorable::NotEqual);
}

#[test]
fn an_optional_nan_is_not_none() {
    let nan = Some(f64::NAN);
    assert!(stored(Codec::Binary, &nan).is_ok_and(|read| read.is_some_and(f64::is_nan)));
    assert!(stored_if_equal(Codec::Binary, &nan).is_ok_and(|read| read.is_some_and(f64::is_nan)));
    assert_eq!(stored_if_equal(Codec::Json, &nan), Err(Unstorable::NotEqual));
    assert_eq!(stored(Codec::Json, &nan), Err(Unstorable::NotEqual));
}

#[test]
fn every_bit_of_a_float_is_kept() {
    for bits in [
        0x7ff8_0000_0000_0001,
        0xfff0_dead_beef_0001,
        f64::INFINITY.to_bits(),
        (-0.0_f64).to_bits(),
        1,
    ] {
        let read = stored(Codec::Binary, &buffered(f64::from_bits(bits))).expect("it is stored");
        let (Untagged::One(one), _, Tagged::Struct { field }, outer) = read else {
            panic!("another variant: {read:?}")
        };
        for float in [one, field, outer.inner.field] {
            assert_eq!(float.to_bits(), bits);
        }
    }
}

#[test]
fn infinite_floats_are_not_null() {
    only_binary(&f64::INFINITY, Unstorable::DoesNotReadBack);
    only_binary(&vec![1.0, f64::NEG_INFINITY], Unstorable::DoesNotReadBack);
    only_binary(&Some(f32::INFINITY), Unstorable::NotEqual);
}

#[test]
fn a_float_as_json_keeps_its_last_digit() {
    let mut float = 0.1_f64;
    for _ in 0..500 {
        float = (float * 1.618_033_988_749_895).fract() + 1e-9;
        comes_back(&(float, float * 1e300, float * 1e-300));
    }
}

#[test]
fn a_skipped_field_that_is_not_its_default_is_refused() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Session {
        user: u64,
        #[serde(skip)]
        requests: u64,
    }
    comes_back(&Session { user: 1, requests: 0 });
    for codec in super::CODECS {
        assert_eq!(
            stored_if_equal(codec, &Session { user: 1, requests: 7 }),
            Err(Unstorable::NotEqual)
        );
        // What serde is not shown is not in the bytes. Without `PartialEq`, nobody can tell.
        assert_eq!(
            stored(codec, &Session { user: 1, requests: 7 }),
            Ok(Session { user: 1, requests: 0 })
        );
    }
}

#[test]
fn ip_addresses_in_untagged_tag_and_flatten() {
    comes_back(&buffered("10.0.0.1".parse::<IpAddr>().expect("an address")));
    comes_back(&buffered("[::1]:80".parse::<SocketAddr>().expect("an address")));
}

/// A map over all variants, whose form depends on whether people are to read it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct EnumMap([u8; 2]);

impl Serialize for EnumMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return BTreeMap::from([("Left", self.0[0]), ("Right", self.0[1])])
                .serialize(serializer);
        }
        let mut tuple = serializer.serialize_tuple(2)?;
        self.0.iter().try_for_each(|value| tuple.serialize_element(value))?;
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for EnumMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tuple;
        impl<'de> Visitor<'de> for Tuple {
            type Value = EnumMap;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a tuple")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<EnumMap, A::Error> {
                let mut next =
                    || seq.next_element()?.ok_or_else(|| serde::de::Error::custom("too few"));
                Ok(EnumMap([next()?, next()?]))
            }
        }
        if deserializer.is_human_readable() {
            let map = BTreeMap::<String, u8>::deserialize(deserializer)?;
            let get = |key| {
                map.get(key).copied().ok_or_else(|| serde::de::Error::custom("it is missing"))
            };
            return Ok(Self([get("Left")?, get("Right")?]));
        }
        deserializer.deserialize_tuple(2, Tuple)
    }
}

#[test]
fn enum_maps_in_untagged_tag_and_flatten() {
    comes_back(&EnumMap([1, 2]));
    comes_back(&buffered(EnumMap([1, 2])));
}

#[test]
fn numbers_of_128_bits() {
    comes_back(&(u128::MAX, i128::MIN, 1_u128, -1_i128));
    comes_back(&Some(u128::MAX));
}

#[test]
fn numbers_of_128_bits_in_untagged_tag_and_flatten_are_refused() {
    for codec in super::CODECS {
        for number in [5, u128::MAX] {
            assert_eq!(stored(codec, &Untagged::One(number)), Err(Unstorable::DoesNotReadBack));
            assert_eq!(
                stored(codec, &Tagged::Struct { field: number }),
                Err(Unstorable::DoesNotReadBack)
            );
            assert_eq!(
                stored(codec, &Outer { id: 1, inner: Inner { field: number } }),
                Err(Unstorable::DoesNotReadBack)
            );
        }
    }
}

#[test]
fn raw_json_comes_back() {
    let raw = || RawValue::from_string(r#"{"a":  [1, null]}"#.to_owned()).expect("it is JSON");
    let plain = Inner { field: raw() };
    for codec in super::CODECS {
        let read = stored(codec, &plain).expect("it is stored");
        assert_eq!(read.field.get(), plain.field.get());
        assert!(
            stored(codec, &vec![Some(raw())])
                .is_ok_and(|read| read[0].as_ref().is_some_and(|read| read.get() == raw().get()))
        );
    }
}

#[test]
fn raw_json_in_untagged_tag_and_flatten_is_refused() {
    let raw = || RawValue::from_string("1".to_owned()).expect("it is JSON");
    for codec in super::CODECS {
        assert_eq!(stored(codec, &Untagged::One(raw())).err(), Some(Unstorable::DoesNotReadBack));
        assert_eq!(
            stored(codec, &Tagged::Struct { field: raw() }).err(),
            Some(Unstorable::DoesNotReadBack)
        );
        assert_eq!(
            stored(codec, &Outer { id: 1, inner: Inner { field: raw() } }).err(),
            Some(Unstorable::DoesNotReadBack)
        );
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct WithRest<K: Ord> {
    id: u64,
    #[serde(flatten)]
    rest: BTreeMap<K, String>,
}

#[test]
fn maps_with_integer_keys_under_flatten() {
    only_binary(
        &WithRest { id: 1, rest: BTreeMap::from([(7_u32, "seven".to_owned())]) },
        Unstorable::DoesNotReadBack,
    );
    only_binary(
        &WithRest { id: 1, rest: BTreeMap::from([(-7_i8, "seven".to_owned())]) },
        Unstorable::DoesNotReadBack,
    );
    comes_back(&WithRest { id: 1, rest: BTreeMap::from([("7".to_owned(), "seven".to_owned())]) });
}

#[test]
fn maps_with_tuples_as_keys() {
    only_binary(&BTreeMap::from([((1_u8, "a".to_owned()), 2_u8)]), Unstorable::NotSerializable);
    let map = WithRest { id: 1, rest: BTreeMap::from([((1_u8, 2_u8), "x".to_owned())]) };
    assert_eq!(stored(Codec::Binary, &map), Err(Unstorable::DoesNotReadBack));
    assert_eq!(stored(Codec::Json, &map), Err(Unstorable::NotSerializable));
}

#[test]
fn hash_maps_and_sets_are_the_same_in_any_order() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Unordered {
        map: HashMap<u32, HashSet<String>>,
        bytes: HashSet<u8>,
        nan: f64,
    }
    let set = |size: u32| (0..size).map(|number| number.to_string()).collect();
    let value = Unordered {
        map: (0..20).map(|size| (size, set(size))).collect(),
        bytes: (0..100).collect(),
        nan: f64::NAN,
    };
    let read = stored(Codec::Binary, &value).expect("it is stored");
    assert_eq!((read.map, read.bytes), (value.map, value.bytes));
}

#[test]
fn six_mebibytes_of_bytes_fit_into_eight() {
    let bytes: Vec<u8> = (0..6_u32 << 20).map(|number| number.to_le_bytes()[0] | 0x80).collect();
    let stored = Codec::Binary.encode(&bytes, Some(Vec::eq), super::SIZE).expect("it is stored");
    assert_eq!(stored.len(), bytes.len() + 9);
    assert_eq!(Codec::Binary.decode::<Vec<u8>>(&stored), Ok(bytes.clone()));
    assert_eq!(Codec::Json.encode(&bytes, Some(Vec::eq), super::SIZE), Err(Unstorable::TooLarge));
}

#[test]
fn text_that_reads_as_an_earlier_variant_is_refused() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Host {
        Address(IpAddr),
        Name(String),
    }
    comes_back(&Host::Name("localhost".to_owned()));
    for codec in super::CODECS {
        assert_eq!(
            stored_if_equal(codec, &Host::Name("10.0.0.1".to_owned())),
            Err(Unstorable::NotEqual)
        );
    }
}
