//! The proof before a value is stored, and what bytes alone do not prove.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashSet},
};

use cachery_core::{
    __private::Value as OkOf,
    Codec,
    codec::{
        Unstorable,
        equality::{Equality, EqualityOf, NoEquality as _},
    },
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CODECS, SIZE, stored, stored_if, stored_if_equal};

/// A point whose type writes the longitude first and reads the latitude first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Swapped {
    latitude: f64,
    longitude: f64,
}

impl Serialize for Swapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.longitude, self.latitude).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Swapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (latitude, longitude) = Deserialize::deserialize(deserializer)?;
        Ok(Self { latitude, longitude })
    }
}

#[test]
fn a_hand_written_mistake_is_found_with_and_without_equality() {
    let point = Swapped { latitude: 1.0, longitude: 2.0 };
    for codec in CODECS {
        assert_eq!(stored(codec, &point), Err(Unstorable::NotEqual));
        assert_eq!(stored_if_equal(codec, &point), Err(Unstorable::NotEqual));
    }
}

#[test]
fn bytes_do_not_show_the_order_in_a_list() {
    /// Reads its list from its end.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Backwards(#[serde(deserialize_with = "backwards")] Vec<u32>);

    fn backwards<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
        let mut list = Vec::deserialize(deserializer)?;
        list.reverse();
        Ok(list)
    }

    let list = Backwards(vec![1, 2]);
    assert_eq!(stored_if_equal(Codec::Binary, &list), Err(Unstorable::NotEqual));
    // To serde a set is a list, too, and a set of equal elements may be in another order.
    assert_eq!(stored(Codec::Binary, &list), Ok(Backwards(vec![2, 1])));
}

#[test]
fn bytes_decide_where_a_value_is_not_equal_to_itself() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Session {
        nan: f64,
        #[serde(skip)]
        requests: u64,
    }
    let session = |requests| Session { nan: f64::NAN, requests };
    assert!(stored_if_equal(Codec::Binary, &session(0)).is_ok());
    assert!(stored_if_equal(Codec::Binary, &session(7)).is_ok_and(|read| read.requests == 0));
}

#[test]
fn equality_decides_where_it_can() {
    let never: Equality<u8> = |value, other| std::ptr::eq(value, other);
    assert_eq!(stored_if(Codec::Binary, &1, Some(never)), Err(Unstorable::NotEqual));
    let always: Equality<Option<Option<u8>>> = |_, _| true;
    assert_eq!(stored_if(Codec::Json, &Some(None), Some(always)), Ok(None));
}

#[test]
fn what_panics_is_not_stored_and_harms_nobody() {
    thread_local!(static PANICS: Cell<&'static str> = const { Cell::new("") });

    fn panics(at: &str) {
        assert_ne!(PANICS.get(), at, "as the test wants it");
    }

    #[derive(Debug)]
    struct Panicking;

    impl Serialize for Panicking {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            panics("serialize");
            serializer.serialize_unit()
        }
    }

    impl<'de> Deserialize<'de> for Panicking {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            panics("deserialize");
            <()>::deserialize(deserializer).map(|()| Self)
        }
    }

    impl PartialEq for Panicking {
        fn eq(&self, _: &Self) -> bool {
            panics("eq");
            true
        }
    }

    for codec in CODECS {
        PANICS.set("");
        assert_eq!(stored_if_equal(codec, &Panicking), Ok(Panicking));
        let bytes = codec.encode(&Panicking, None, SIZE).expect("it is stored");
        for at in ["serialize", "deserialize", "eq"] {
            PANICS.set(at);
            assert_eq!(
                codec.encode(&Panicking, Some(Panicking::eq), SIZE),
                Err(Unstorable::Panicked),
                "{at}"
            );
        }
        PANICS.set("deserialize");
        assert!(codec.decode::<Panicking>(&bytes).is_err());
    }
}

#[test]
fn a_type_that_refuses_is_not_stored() {
    #[derive(Debug, PartialEq)]
    struct Refusing;

    impl Serialize for Refusing {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("never"))
        }
    }

    impl<'de> Deserialize<'de> for Refusing {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom("never"))
        }
    }

    for codec in CODECS {
        assert_eq!(stored(codec, &Refusing), Err(Unstorable::NotSerializable));
    }
}

#[test]
fn a_field_that_is_written_and_not_read_is_refused() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct OneWay {
        #[serde(skip_deserializing)]
        written: u8,
        #[serde(skip_serializing, default)]
        read: u8,
    }
    for codec in CODECS {
        assert_eq!(stored(codec, &OneWay { written: 1, read: 0 }), Err(Unstorable::NotEqual));
        assert_eq!(
            stored_if_equal(codec, &OneWay { written: 0, read: 1 }),
            Err(Unstorable::NotEqual)
        );
        assert_eq!(
            stored_if_equal(codec, &OneWay { written: 0, read: 0 }),
            Ok(OneWay { written: 0, read: 0 })
        );
    }
}

#[test]
fn the_size_is_bounded_for_both_codecs() {
    let text = "x".repeat(1000);
    let map: BTreeMap<u32, String> = (0..10).map(|key| (key, text.clone())).collect();
    for codec in CODECS {
        let bytes = codec.encode(&map, None, SIZE).expect("it is stored");
        let size = u64::try_from(bytes.len()).expect("a length");
        assert_eq!(codec.encode(&map, None, size), Ok(bytes));
        assert_eq!(codec.encode(&map, None, size - 1), Err(Unstorable::TooLarge));
        assert_eq!(codec.encode(&map, None, 0), Err(Unstorable::TooLarge));
    }
}

#[test]
fn each_reason_has_a_label_and_a_hint() {
    let labels: HashSet<_> = Unstorable::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(labels.len(), Unstorable::ALL.len());
    for reason in Unstorable::ALL {
        assert!(reason.hint().starts_with("it"), "{reason} says it of the value");
        assert!(reason.hint().contains("`local`"), "{reason} has a way out");
    }
}

/// A type without equality.
#[derive(Debug, Serialize, Deserialize)]
struct Opaque;

fn in_generics<T, U: PartialEq>() -> (bool, bool) {
    (EqualityOf::<Vec<T>>::EQ.is_some(), EqualityOf::<Vec<U>>::EQ.is_some())
}

#[test]
fn equality_is_found_where_a_type_has_it() {
    assert!(EqualityOf::<Vec<f64>>::EQ.is_some_and(|equal| equal(&vec![1.0], &vec![1.0])));
    assert!(EqualityOf::<Opaque>::EQ.is_none());
    assert!(EqualityOf::<Option<Opaque>>::EQ.is_none());
    assert!(EqualityOf::<OkOf<Result<u8, Opaque>>>::EQ.is_some());
    // In a generic function the bounds decide: without `PartialEq`, bytes are compared.
    assert_eq!(in_generics::<u8, u8>(), (false, true));
}
